"""T34, T45: bytes and metadata pass unchanged, whatever their size."""

import hashlib
import json
import os

import pyarrow as pa
import pyarrow.flight as flight
import pytest

from harness import frames as f
from harness import grpc
from harness.process import MIB
from harness.rawframes import RawClient

KINDS = [
    "no rows", "no batches", "10,000 columns", "lz4", "zstd", "v4", "dictionary", "dictionary deltas", "metadata", "nested",
]


def flight_data(port, ticket):
    """SHA-256 over all messages of a DoGet, and how many there were."""
    with RawClient.connect(port, keep_frames=False) as client:
        client.send(f.window_update(0, 1 << 26))
        state = client.call("DoGet", grpc.ticket(ticket), timeout=30)
        assert state.grpc_status == grpc.OK, f"{state.trailers} {client.goaway}"
        found, rest = grpc.messages(state.body)
        assert not rest
        return hashlib.sha256(b"".join(found)).hexdigest(), [len(message) for message in found]


@pytest.mark.parametrize("kind", KINDS)
def test_T34_every_message_of_a_stream_arrives_byte_by_byte(flight_server, gateway, kind):
    ticket = json.dumps({"kind": kind}).encode()
    assert flight_data(gateway.port, ticket) == flight_data(flight_server.port, ticket)


def test_T34_a_stream_of_many_batches_arrives_byte_by_byte(flight_server, gateway):
    ticket = json.dumps({"batches": 300, "rows": 9_973, "columns": 3}).encode()
    assert flight_data(gateway.port, ticket) == flight_data(flight_server.port, ticket)


def recorded_put(server, port, options=None):
    """What a pyarrow DoPut leaves at a scripted upstream."""
    known = len(server.requests)
    table = pa.table({"word": pa.array(["a", "b", None] * 1_000).dictionary_encode(), "n": pa.array(range(3_000))})
    call = flight.FlightCallOptions(write_options=options) if options else flight.FlightCallOptions()
    with flight.connect(f"grpc://127.0.0.1:{port}") as client:
        writer, _ = client.do_put(flight.FlightDescriptor.for_path("a", "b"), table.schema, options=call)
        for batch in table.to_batches(max_chunksize=700):
            writer.write_with_metadata(batch, b"meta")
        writer.close()
    state = server.requests[known]
    return hashlib.sha256(state.body).hexdigest(), [len(message) for message in state.messages]


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_T34_every_message_of_an_upload_arrives_byte_by_byte(start, upstream, compression):
    server = upstream(on_end=lambda peer, state: peer.answer(state))
    gateway = start(server)
    options = pa.ipc.IpcWriteOptions(compression=compression)
    assert recorded_put(server, gateway.port, options) == recorded_put(server, server.port, options)


UNUSUAL = [
    ("x-text", "foo"), ("x-text", "bar"), ("x-text", "foo"), ("x-empty", ""),
    ("x-binary-bin", "AA"), ("x-binary-bin", "AQ=="), ("x-joined-bin", "AAEC,AwQF"),
    ("authorization", "Bearer abc"), ("authorization", "Bearer def"), ("auth-token-bin", "c2VjcmV0"), ("auth-token-bin", ""),
    ("cookie", "a=1"), ("cookie", "b=2"), ("x-arrow-status-detail-bin", "AAECAwQ"), ("database", "sales"),
    ("grpc-encoding", "gzip"), ("grpc-accept-encoding", "identity, gzip"), ("x-obs", "caf\xc3\xa9"), ("x-long", "v" * 7_000),
]


def test_T34_request_metadata_keeps_its_values_duplicates_and_order(start, upstream):
    server = upstream()
    gateway = start(server)
    with gateway.connect() as client:
        for _ in range(3):  # with the same octets, from the tables, and again
            state = client.call("DoGet", headers=UNUSUAL)
            assert state.grpc_status == grpc.OK, f"{state}"
            names = {name for name, _ in UNUSUAL}
            assert [field for field in server.requests[-1].blocks[0] if field[0] in names] == UNUSUAL
            assert ("te", "trailers") in server.requests[-1].blocks[0]
            assert ("content-type", "application/grpc") in server.requests[-1].blocks[0]


def test_T34_response_metadata_keeps_its_values_duplicates_and_order(start, upstream):
    answer = [*UNUSUAL, ("set-cookie", "a=1; Max-Age=5"), ("set-cookie", "b=2"), ("grpc-status-details-bin", "/wABAg")]

    def on_end(peer, state):
        peer.begin(state, [(":status", "200"), ("content-type", "application/grpc"), *answer])
        peer.send_data(state.id, grpc.message(b"x"))
        peer.finish(state, 0, [("grpc-message", "caf%C3%A9"), *answer])

    gateway = start(upstream(on_end=on_end))
    names = {name for name, _ in answer}
    with gateway.connect() as client:
        for _ in range(3):
            state = client.call("DoGet")
            for block in state.blocks:
                assert [field for field in block if field[0] in names] == answer
            assert state.trailers["grpc-message"] == "caf%C3%A9" and state.grpc_status == grpc.OK


def test_T34_compressed_messages_keep_their_flag(start, upstream):
    body = grpc.message(b"not really gzip", compressed=1) + grpc.message(b"plain") + grpc.message(b"", compressed=1)
    server = upstream(on_end=lambda peer, state: (peer.begin(state), peer.send_data(state.id, body), peer.finish(state)))
    gateway = start(server)
    with gateway.connect() as client:
        stream = client.open(grpc.request_headers("DoPut"))
        client.send_data(stream, body, end=True)
        assert client.pump(lambda: client.stream(stream).done)
        assert bytes(client.stream(stream).body) == body == bytes(server.requests[0].body)


# T45


def test_T45_a_message_one_octet_above_4_MiB_passes_both_ways(start, upstream):
    payload = os.urandom(4 * MIB + 1)
    gateway = start(upstream(on_end=lambda peer, state: peer.answer(state, *state.messages), keep_frames=False))
    with gateway.connect(keep_frames=False) as client:
        state = client.call("DoExchange", payload, timeout=30)
        assert state.grpc_status == grpc.OK and state.messages == [payload]


@pytest.mark.timeout(180)
def test_T45_a_message_of_1_GiB_passes_and_is_never_held(start, upstream):
    size, piece = 1 << 30, bytes(range(256)) * 4_096

    def on_end(peer, state):
        peer.begin(state)
        digest = hashlib.sha256()
        prefix = b"\x00" + size.to_bytes(4, "big")
        digest.update(prefix)
        peer.send_data(state.id, prefix)
        for _ in range(size // len(piece)):
            digest.update(piece)
            peer.send_data(state.id, piece, piece=len(piece), timeout=60)
        peer.finish(state, 0, [("x-digest", digest.hexdigest())])

    gateway = start(upstream(on_end=on_end, keep_frames=False))
    with gateway.connect([(f.INITIAL_WINDOW_SIZE, 1 << 22)], keep_frames=False, keep_bodies=False) as client:
        client.send(f.window_update(0, 1 << 26))
        base = gateway.rss
        digest = hashlib.sha256()
        client.on_data = lambda state, body: digest.update(body)
        state = client.call("DoGet", timeout=150)
        assert state.grpc_status == grpc.OK and state.received == size + 5
        assert state.trailers["x-digest"] == digest.hexdigest()
        grown = gateway.peak - base
        assert grown < 32 * MIB, f"RSS grew by {grown / MIB:.0f} MiB"


@pytest.mark.parametrize("direction", ["request", "response"])
def test_T45_a_length_prefix_of_4_GiB_without_data_costs_nothing(start, upstream, direction):
    prefix = b"\x00\xff\xff\xff\xff"
    server = upstream(on_request=lambda peer, state: peer.begin(state) and peer.send_data(state.id, prefix))
    gateway = start(server)
    with gateway.connect() as client:
        base = gateway.rss
        streams = [client.open(grpc.request_headers("DoExchange")) for _ in range(50)]
        for stream in streams:
            assert client.pump(lambda: client.stream(stream).received == 5)
        if direction == "request":
            for stream in streams:
                client.send_data(stream, prefix)
            assert server.wait(lambda: all(state.received == 5 for state in server.requests))
        assert gateway.rss - base < 2 * MIB
        client.send(*[f.rst_stream(stream) for stream in streams])
        assert server.wait(lambda: len(server.resets) == 50)
