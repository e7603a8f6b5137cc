"""T05, T06, T08: header blocks that are too long, too many or too dear."""

import time

import pytest

from harness import frames as f
from harness import grpc
from harness.frames import Code
from harness.process import MIB

CALM = (Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR)


@pytest.mark.parametrize("size", [0, 1, 16_384])
def test_T05_a_header_block_that_never_ends_ends_the_connection(gateway, siege, size):
    with siege(gateway), gateway.connect() as client:
        block = client.block(grpc.request_headers())
        client.send(f.headers(1, block, end_headers=False))
        for _ in range(9):
            if not client.send(f.continuation(1, bytes(size))):
                break
        client.expect_connection_error(*CALM)


def test_T05_a_header_block_left_unfinished_ends_by_its_timer(start, flight_server):
    gateway = start(flight_server, limits={"downstream.headerBlock": "500ms"})
    with gateway.connect() as client:
        begun = time.monotonic()
        client.send(f.headers(1, client.block(grpc.request_headers()), end_headers=False))
        assert client.wait_closed(5)
        assert 0.4 < client.closed_at - begun < 1.5
        assert client.goaway and client.goaway[1] != Code.NO_ERROR


def test_T06_a_header_block_that_unfolds_to_64_MiB_costs_less_than_one(gateway, siege):
    value = b"a" * (4096 - 32 - 1)
    entry = b"\x40\x01a\x7f" + grpc.varint(len(value) - 127) + value
    with siege(gateway):
        with gateway.connect() as client:  # the same octets once without the bomb, for the buffers that they need
            client.send(f.headers(1, grpc.literal_block(grpc.request_headers()) + entry, end_stream=True))
            client.pump(lambda: client.stream(1).done)
        gateway.reset_peak()
        before = gateway.rss
        with gateway.connect() as client:
            client.send(f.headers(1, grpc.literal_block(grpc.request_headers()) + entry + b"\xbe" * 3, end_stream=True))
            client.send(f.headers(3, grpc.literal_block(grpc.request_headers()) + b"\xbe" * 15_900, end_stream=True))
            client.expect_stream_error(3, *CALM, Code.COMPRESSION_ERROR, connection=(*CALM, Code.COMPRESSION_ERROR))
        grown = gateway.peak - before
        assert grown < MIB, f"RSS grew by {grown / MIB:.2f} MiB"


def list_size(fields):
    return sum(len(name) + len(value) + 32 for name, value in fields)


TOO_MUCH = {
    "101 fields": lambda base: [(f"x-{i}", "v") for i in range(101 - len(base))],
    "1,000 cookie crumbs": lambda base: [("cookie", f"c{i}=1") for i in range(1_000)],
    "one octet over 16 KiB": lambda base: [("x-note", "n" * (16_384 + 1 - list_size(base) - 32 - 6))],
    "a value of 60 KiB": lambda base: [("x-note", "n" * 60_000)],
}


@pytest.mark.parametrize("extra", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_T08_a_header_list_over_the_limit_fails_its_stream_and_nothing_else(gateway, extra):
    base = grpc.request_headers("ListActions")
    with gateway.connect() as client:
        good = client.open(base)
        block = client.block(base + extra(base))
        stream, client.next_stream = client.next_stream, client.next_stream + 2
        pieces = [block[i : i + 16_384] for i in range(0, len(block), 16_384)]
        client.send(f.headers(stream, pieces[0], end_stream=True, end_headers=len(pieces) == 1))
        for index, piece in enumerate(pieces[1:], 2):
            client.send(f.continuation(stream, piece, end_headers=index == len(pieces)))
        state = client.stream(stream)
        assert client.pump(lambda: state.done or client.goaway), "the call hangs"
        if extra is not TOO_MUCH["a value of 60 KiB"]:
            assert not client.goaway, f"the connection ends: {client.goaway}"
        assert state.reset is not None or state.grpc_status == grpc.RESOURCE_EXHAUSTED or state.status == 431 or client.goaway
        if not client.goaway:
            client.send(f.data(good, grpc.message(), end=True))
            assert client.pump(lambda: client.stream(good).done) and client.stream(good).grpc_status == grpc.OK
            assert client.call("ListActions").grpc_status == grpc.OK


def test_T08_a_header_list_of_exactly_the_limits_passes(start, upstream):
    server = upstream()
    gateway = start(server)
    base = grpc.request_headers("ListActions")
    with gateway.connect() as client:
        for extra in (
            [(f"x-{i}", "v") for i in range(100 - len(base))],
            [("x-note", "n" * (16_384 - list_size(base) - 32 - 6))],
        ):
            state = client.call("ListActions", headers=extra)
            assert state.grpc_status == grpc.OK, f"{state} {client.goaway}"
            assert [x for x in server.requests[-1].blocks[0] if x in extra] == extra
