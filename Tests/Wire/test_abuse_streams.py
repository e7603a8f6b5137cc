"""T03, T04, T07, T11: clients that make streams fail, pile up or stall, and what that costs everybody else."""

import time

import pytest

from harness import frames as f
from harness import grpc
from harness.frames import Code
from harness.process import MIB

STREAM_ERRORS = 200  # default of downstream.streamErrors


def held(client):
    """A call that the upstream holds open until the client goes on."""
    return client.open(grpc.request_headers("DoExchange"))


def zero_window(client):
    stream = held(client)
    client.send(f.window_update(stream, 0))
    return stream


def window_overflow(client):
    stream = held(client)
    client.send(f.window_update(stream, 0x7FFF_FFFF))
    return stream


def data_after_end(client):
    stream = client.open(grpc.request_headers("DoExchange"), end=True)
    client.send(f.data(stream, b"x"))
    return stream


def headers_after_end(client):
    stream = client.open(grpc.request_headers("DoExchange"), end=True)
    client.send(f.headers(stream, client.block([("x-a", "b")]), end_stream=True))
    return stream


def self_dependent(client):
    stream = held(client)
    client.send(f.priority(stream, stream))
    return stream


def content_length_mismatch(client):
    stream = client.open(grpc.request_headers("DoExchange", [("content-length", "3")]))
    client.send(f.data(stream, b"four", end=True))
    return stream


TRIGGERS = [zero_window, window_overflow, data_after_end, headers_after_end, self_dependent, content_length_mismatch]


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: trigger.__name__)
def test_T03_a_client_that_makes_the_gateway_reset_its_streams_is_stopped_at_the_limit(start, upstream, trigger):
    live = {"now": 0, "peak": 0}

    def on_request(peer, state):
        live["now"] += 1
        live["peak"] = max(live["peak"], live["now"])

    def on_reset(peer, state):
        live["now"] -= 1

    server = upstream(on_request=on_request)
    server.on_reset = on_reset
    gateway = start(server)
    with gateway.connect(keep_frames=False) as client:
        failed = 0
        for _ in range(1_000):
            stream = trigger(client)
            client.pump(lambda: client.stream(stream).reset is not None or client.goaway or client.closed)
            if client.goaway or client.closed:
                break
            failed += 1
        assert client.wait_closed(), f"{failed} streams failed and the connection goes on"
        assert failed <= STREAM_ERRORS
        assert client.goaway and client.goaway[1] in (Code.ENHANCE_YOUR_CALM, Code.STREAM_CLOSED), client.goaway
    assert live["peak"] <= 100, f"{live['peak']} calls were live upstream at once"
    with gateway.connect() as other:
        assert other.get().status == 200


def test_T03_made_resets_do_not_slow_others(gateway, siege):
    with siege(gateway):
        for trigger in TRIGGERS:
            with gateway.connect(keep_frames=False) as client:
                for _ in range(1_000):
                    trigger(client)
                    client.receive(0)
                    if client.goaway or client.closed:
                        break
                assert client.wait_closed(), f"{trigger.__name__}: the connection goes on"


def test_T04_streams_far_beyond_the_limit_end_the_connection(gateway, siege):
    with siege(gateway), gateway.connect(keep_frames=False) as client:
        limit = client.peer_settings[f.MAX_CONCURRENT_STREAMS]
        for _ in range(limit):
            held(client)
        block = grpc.literal_block(grpc.request_headers("DoExchange"))
        sent = 0
        while sent < 10_000 and not client.closed:
            batch = b"".join(f.headers(client.next_stream + 2 * i, block) for i in range(100))
            client.next_stream += 200
            sent += 100
            if not client.send(batch):
                break
        assert client.wait_closed(), "10,000 streams above the limit and the connection goes on"
        refused = client.counts.get(f.RST_STREAM, 0)
        assert refused <= 2_000, f"{refused} RST_STREAM were queued"


@pytest.mark.timeout(120)
def test_T07_streams_that_open_their_window_by_one_octet_cost_their_header_budget_and_end(start, upstream, siege):
    # Each stream carries nearly the largest header list and never lets its response go.
    body = bytes(2_000)
    gateway = start(
        upstream(on_end=lambda peer, state: peer.answer(state, body), keep_frames=False, keep_bodies=False),
        limits={"downstream.streamStall": "2s"},
    )
    connections, streams = 20, 100
    with siege(gateway) as watch:
        block = grpc.literal_block(grpc.request_headers("GetFlightInfo", [("x-note", "n" * 15_000)]))
        clients = []
        for _ in range(connections):
            client = gateway.connect([(f.INITIAL_WINDOW_SIZE, 0)], credit=False, keep_frames=False)
            for stream in range(1, 2 * streams, 2):
                client.stream(stream)
                client.send(f.headers(stream, block), f.data(stream, grpc.message(), end=True))
                client.receive(0)
            clients.append(client)
        deadline = time.monotonic() + 30
        open_streams = 1
        while open_streams and time.monotonic() < deadline:
            open_streams = 0
            for client in clients:
                client.drain(quiet=0.005, limit=0.2)
                left = [s.id for s in client.streams.values() if not s.done]
                open_streams += 0 if client.closed else len(left)
                client.send(*[f.window_update(stream, 1) for stream in left])
            peak = gateway.peak
        assert not open_streams, f"{open_streams} streams outlive the stall timer"
        budget = connections * streams * 16 * 1024 * 2  # the list as octets, and as the fields that it decodes to
        assert peak - watch.base <= budget, f"RSS grew by {(peak - watch.base) / MIB:.1f} MiB"
        for client in clients:
            client.close()


def test_T11_empty_frames_end_the_connection_at_their_limit(gateway, siege):
    with siege(gateway):
        with gateway.connect() as client:
            stream = held(client)
            client.send(*[f.data(stream)] * 1_000)
            client.expect_connection_error(Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR)
        with gateway.connect() as client:
            client.send(f.headers(1, b"", end_headers=False), *[f.continuation(1)] * 1_000)
            client.expect_connection_error(Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR)
        with gateway.connect() as client:
            for _ in range(1_000):
                client.send(f.headers(client.next_stream, b"", end_stream=True))
                client.next_stream += 2
            assert client.wait_closed(), "1,000 empty requests and the connection goes on"
        with gateway.connect(keep_frames=False) as client:
            stream = held(client)
            for _ in range(64):
                if not client.send(f.data(stream, b"", pad=255) * 200):
                    break
                client.receive(0)
            assert client.wait_closed(), "3 MiB of padding and the connection goes on"
