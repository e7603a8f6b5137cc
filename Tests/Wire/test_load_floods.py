"""T01, T02, T14, T28: many resets, honest and hostile, many window updates, and what is left after 100,000 streams."""

import itertools
import statistics
import struct
import time

import pyarrow.flight as flight
import pytest

from harness import frames as f
from harness import grpc
from harness.flightserver import stream_ticket
from harness.frames import Code
from harness.process import MIB

pytestmark = [pytest.mark.load, pytest.mark.timeout(600)]
RESETS = 200  # default of downstream.resetsReceived


def rapid_reset(gateway):
    """10,000 times HEADERS and RST_STREAM on one connection, as fast as they can be written."""
    with gateway.connect(keep_frames=False) as client:
        block = grpc.literal_block(grpc.request_headers("DoGet"))
        for first in range(1, 20_000, 200):
            streams = range(first, first + 200, 2)
            if not client.send(*[f.headers(stream, block) + f.rst_stream(stream) for stream in streams]):
                break
        assert client.wait_closed(10), "10,000 resets and the connection goes on"
        if client.goaway:
            assert client.goaway[1] == Code.ENHANCE_YOUR_CALM, client.goaway


def test_T01_rapid_reset_is_stopped_at_the_limit(start, upstream):
    server = upstream(on_request=lambda peer, state: None, keep_frames=False)
    gateway = start(server)
    for round_ in range(1, 4):
        rapid_reset(gateway)
        with gateway.connect() as good:
            assert good.answers_ping()
        assert len(server.requests) <= round_ * RESETS, f"{len(server.requests)} calls reached the upstream"


def test_T01_rapid_reset_does_not_slow_others(gateway, siege):
    with siege(gateway):
        for _ in range(20):
            rapid_reset(gateway)


def test_T02_legitimate_cancels_are_no_abuse(gateway):
    with flight.connect(gateway.location) as client:
        for _ in range(100):
            reader = client.do_get(stream_ticket(batches=1_000))
            reader.read_chunk()
            reader.cancel()
            time.sleep(0.1)  # a hundred within ten seconds is the case
        for index in range(1_000):
            assert client.do_get(stream_ticket(rows=10)).read_all().num_rows == 10, f"call {index}"


@pytest.mark.parametrize("where", ["the connection", "a stream"])
def test_T14_a_million_window_updates_end_their_connection_unnoticed_by_others(gateway, siege, where):
    with siege(gateway) as watch, gateway.connect(keep_frames=False) as client:
        stream = client.open(grpc.request_headers("DoExchange"))
        burst = f.window_update(0 if where == "the connection" else stream, 1) * 10_000
        for _ in range(100):
            if not client.send(burst):
                break
        assert client.wait_closed(10), "a million WINDOW_UPDATEs and the connection goes on"
        assert watch.gateway.alive


@pytest.mark.parametrize("entries, count", [(1, 1_000), (2_730, 1)])
def test_T14_a_window_size_that_flaps_across_100_open_streams_holds_nobody_up(gateway, siege, entries, count):
    with siege(gateway), gateway.connect(keep_frames=False) as client:
        for _ in range(100):
            client.open(grpc.request_headers("DoExchange"))
        sizes = itertools.cycle((0, 65_535))
        flapping = b"".join(struct.pack(">HI", f.INITIAL_WINDOW_SIZE, next(sizes)) for _ in range(entries))
        for _ in range(count):
            if not client.send(f.frame(f.SETTINGS, 0, 0, flapping)):
                break
        if entries > 32:
            assert client.wait_closed(5), "2,730 settings in one frame are accepted"
        else:
            client.pump(lambda: client.closed or client.settings_acks >= count, 10)


UNLIMITED = {
    "downstream.resetsReceived": "1000000000", "downstream.rapidResetStreams": "0", "downstream.controlFrames": "1000000000",
    "downstream.glitches": "1000000000", "downstream.windowUpdates": "1000000000",
}


def seconds_for_64_mib(client):
    begun = time.monotonic()
    state = client.call("Bulk", timeout=60)
    assert state.grpc_status == grpc.OK and state.received > 64 * MIB, f"{state.trailers} {client.goaway}"
    return time.monotonic() - begun


def quiet_rss(client, gateway):
    """MiB once nothing is under way any more: the lowest figure of a second."""
    client.drain(quiet=0.2, limit=10)
    deadline, lowest = time.monotonic() + 1, gateway.rss
    while time.monotonic() < deadline:
        client.receive(0.1)
        lowest = min(lowest, gateway.rss)
    return lowest / MIB


def test_T28_a_connection_is_as_good_as_new_after_100_000_ended_streams(start, upstream):
    piece = grpc.message(bytes(8_187))

    def on_end(peer, state):
        if state.headers[":path"].endswith("/Bulk"):
            peer.answer(state, *[bytes(65_531)] * 1_025)
        else:  # 8 KiB under way and no end: the client resets it
            peer.begin(state)
            if min(peer.send_window, state.send_window) >= len(piece):
                peer.send_data(state.id, piece)

    def on_reset(peer, state):
        peer.streams.pop(state.id, None)
        peer.requests.clear()
        peer.server.resets.clear()

    server = upstream(on_end=on_end, keep_frames=False)
    server.on_reset = on_reset
    gateway = start(server, limits={**UNLIMITED, "upstreamConnections": "1"})
    with gateway.connect(keep_frames=False, keep_bodies=False) as client:
        client.send(f.window_update(0, 1 << 22))
        seconds_for_64_mib(client)
        figures, done, message = [quiet_rss(client, gateway)], 0, grpc.message()
        block = grpc.literal_block(grpc.request_headers("DoGet"))
        while done < 100_000:
            streams = range(client.next_stream, client.next_stream + 100, 2)
            client.next_stream += 100
            client.send(*[f.headers(stream, block) + f.data(stream, message, end=True) for stream in streams])
            if done // 50 % 2:  # every other round is cancelled when its DATA is under way
                last = client.stream(streams[-1])
                assert client.pump(lambda: last.received or last.done, 10), f"{client.goaway} {client.closed}"
            client.cancel(*streams)
            client.receive(0)
            assert not client.goaway and not client.closed, f"after {done}: {client.goaway}"
            client.streams.clear()
            done += 50
            if done % 25_000 == 0:
                figures.append(quiet_rss(client, gateway))
        print(f"RSS before, and after each 25,000 streams: {[f'{figure:.1f}' for figure in figures]} MiB")
        assert figures[-1] - figures[1] < 2, f"RSS grows with the streams that have ended: {figures} MiB"
        with gateway.connect(keep_frames=False, keep_bodies=False) as fresh:
            fresh.send(f.window_update(0, 1 << 22))
            times = [(seconds_for_64_mib(client), seconds_for_64_mib(fresh)) for _ in range(5)]
        old, new = (statistics.median(column) for column in zip(*times))
        assert old < 1.2 * new, f"64 MiB take {old:.2f} s, on a new connection {new:.2f} s: credit leaks"
        # The gateway gives credit back in halves of its 4 MiB; all that is reset and lost would add up to a hundred of them.
        credit = server.connections[0].send_window
        assert credit >= 1 << 21, f"the upstream is left with a window of {credit} octets"
        limit = client.peer_settings[f.MAX_CONCURRENT_STREAMS]
        held = [client.open(grpc.request_headers("DoExchange")) for _ in range(limit)]
        assert client.answers_ping() and not any(client.stream(s).done for s in held), "streams are still counted"
