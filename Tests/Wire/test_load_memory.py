"""T12, T15, T24, T25, T29: what a stalled side costs: at most B = 1 MiB a stream, whatever the batch size."""

import contextlib
import hashlib
import statistics
import threading
import time

import pyarrow.flight as flight
import pytest

from harness import frames as f
from harness import grpc
from harness.flightserver import stream_ticket
from harness.frames import Code
from harness.gateway import until
from harness.process import MIB

pytestmark = [pytest.mark.load, pytest.mark.timeout(600)]
B = 1 * MIB
DECLARED_CONNECTION = 32 * MIB  # downstream.retainedBytes


def ticket(**what):
    return grpc.ticket(stream_ticket(**what).ticket)


@contextlib.contextmanager
def warm(gateway):
    """Fast streams first, and their client stays: what any stream needs is there before a stalled one is weighed."""
    with flight.connect(gateway.location) as client:
        for _ in range(3):
            client.do_get(stream_ticket(batches=1_000)).read_all()
        yield client


def settled(gateway, figure="rss", seconds=1.5):
    """RSS, or its peak, once it does not grow any more."""
    last, since = getattr(gateway, figure), time.monotonic()
    deadline = since + 30
    while time.monotonic() - since < seconds and time.monotonic() < deadline:
        time.sleep(0.1)
        if (now := getattr(gateway, figure)) > last + 65_536:
            since = time.monotonic()
        last = now
    return last


BATCHES = {"64 KiB": 8_192, "1 MiB": 131_072, "64 MiB": 8_388_608, "512 MiB": 67_108_864}


def stall(gateway, other, how, rows):
    """Growth of RSS by one reader that stops; its peak, where nothing else is read meanwhile."""
    batches = max(4, (1 << 28) // (rows * 8)) * 64
    with gateway.connect(keep_frames=False, keep_bodies=False, credit=how == "after reading fast") as client:
        base = settled(gateway)  # what the stream before left behind has gone back
        gateway.reset_peak()
        if how == "after reading fast":
            client.send(f.window_update(0, 8 << 20))
        state = client.call("DoGet", ticket(batches=batches, rows=rows), wait=False)
        assert client.pump(lambda: state.received, 60), f"{state} {client.goaway}"
        if how == "after reading fast":
            deadline = time.monotonic() + 1
            while time.monotonic() < deadline:
                client.receive(0.1)
            client.credit = False
        if how == "beside a fast stream":
            other.do_get(stream_ticket(batches=2_000)).read_all()
        grown = settled(gateway, "peak" if how == "from the start" else "rss") - base
        assert not state.done, f"{state}"
    return grown


@pytest.mark.parametrize("rows", BATCHES.values(), ids=BATCHES.keys())
@pytest.mark.parametrize("how, budget", [("from the start", B), ("after reading fast", 2 * B), ("beside a fast stream", B)])
def test_T24_a_stalled_reader_costs_the_same_whatever_the_batch_size(start, flight_server, how, budget, rows):
    gateway = start(flight_server)
    with warm(gateway) as other:
        grown = [stall(gateway, other, how, rows) for _ in range(3)]
    print(f"B {budget / MIB:.0f} MiB, measured {[f'{g / MIB:.2f}' for g in grown]} MiB")
    assert statistics.median(grown) <= budget, f"{[f'{g / MIB:.2f}' for g in grown]} MiB"


def test_T25_200_stalled_readers_cost_200_times_as_much_and_do_not_stop_fast_ones(start, flight_server):
    gateway = start(flight_server)
    with warm(gateway):
        base = gateway.rss
    clients = []
    try:
        for _ in range(20):
            client = gateway.connect(keep_frames=False, keep_bodies=False, credit=False)
            client.send(f.window_update(0, 4 << 20))
            for _ in range(10):
                client.call("DoGet", ticket(batches=10_000, rows=131_072), wait=False)
            clients.append(client)
        for client in clients:
            assert client.pump(lambda: all(state.received for state in client.streams.values()), 60)
        peak = settled(gateway, "peak")
        assert peak - base <= 200 * B, f"RSS grew by {(peak - base) / MIB:.0f} MiB"
        with flight.connect(gateway.location) as fast:
            for _ in range(100):
                assert fast.do_get(stream_ticket(batches=20)).read_all().num_rows == 20 * 8_192
    finally:
        for client in clients:
            client.close()
    assert until(lambda: flight_server.counts()["live"] == 0, 30), flight_server.counts()


def test_T12_an_upload_in_one_octet_frames_stays_within_its_budget(start, upstream):
    server = upstream(on_request=lambda peer, state: None, credit=False, keep_frames=False, keep_bodies=False)
    gateway = start(server)
    with gateway.connect(keep_frames=False) as client:
        assert client.get().status == 200
        gateway.reset_peak()
        base = gateway.rss
        streams = [client.open(grpc.request_headers("DoPut")) for _ in range(100)]
        blocked = False
        for _ in range(60):  # 60,000 frames a stream, within the window of each
            for stream in streams:
                try:
                    sent = client.send(f.data(stream, b"\0") * 1_000, timeout=5)
                except TimeoutError:
                    sent, blocked = False, True
                if not sent:
                    break
            if not sent or client.closed:
                break
        grown = gateway.peak - base
        print(f"RSS +{grown / MIB:.1f} MiB, {'paused' if blocked else client.closed or 'accepted'}, {client.goaway}")
        assert grown <= DECLARED_CONNECTION, f"RSS grew by {grown / MIB:.1f} MiB"
    with gateway.connect() as other:
        assert other.get().status == 200


def endless(peer, state):
    """10 GB of messages as far as the windows go, in pieces of 1 MiB."""
    peer.begin(state)
    piece = b"".join(grpc.message(bytes(65_531)) for _ in range(16))
    for _ in range(10_000):
        if not peer.send_data(state.id, piece, timeout=60):
            return


def warm_by_reading(server, gateway):
    """The same stream read fast and left, so that what any stream needs is there; then as if it had not been."""
    with gateway.connect(keep_frames=False, keep_bodies=False) as client:
        state = client.call("DoGet", wait=False)
        assert client.pump(lambda: state.received > 64 * MIB, 30)
    assert server.wait(lambda: server.resets)
    server.resets.clear()
    gateway.reset_peak()


@pytest.mark.parametrize("window", ["the stream's", "the connection's"])
def test_T15_a_window_that_stays_closed_ends_its_stream_at_the_stall_timer(start, upstream, window):
    server = upstream(on_end=endless, keep_frames=False)
    gateway = start(server, limits={"downstream.streamStall": "3s"})
    warm_by_reading(server, gateway)
    settings = [(f.INITIAL_WINDOW_SIZE, 65_535 if window == "the stream's" else 1 << 24)]
    with gateway.connect(settings, credit=False, keep_frames=False, keep_bodies=False) as client:
        if window == "the stream's":
            client.send(f.window_update(0, 1 << 26))
        base, begun = gateway.rss, time.monotonic()
        state = client.call("DoGet", wait=False)
        assert client.pump(lambda: state.reset is not None, 10), f"{state} {client.goaway}"
        assert 2.5 <= state.finished_at - begun <= 5.5, f"{state.finished_at - begun:.1f} s"
        assert server.wait(lambda: server.resets), "the upstream goes on"
        assert server.resets[0][0].reset == Code.CANCEL
        assert server.resets[0][1] - state.finished_at <= 0.1
        assert gateway.peak - base <= B, f"RSS grew by {(gateway.peak - base) / MIB:.2f} MiB"
        assert client.answers_ping()


def test_T15_a_client_that_reads_nothing_is_disconnected_at_the_stall_timer(start, upstream):
    server = upstream(on_end=endless, keep_frames=False)
    gateway = start(server, limits={"downstream.transportStall": "2s", "downstream.streamStall": "4s"})
    with gateway.connect([(f.INITIAL_WINDOW_SIZE, 1 << 30)], receive_buffer=4_096, keep_frames=False) as client:
        client.send(f.window_update(0, 1 << 30))
        begun = time.monotonic()
        client.call("DoGet", wait=False)
        assert server.wait(lambda: server.resets, 12), "the upstream goes on for a client that reads nothing"
        assert server.resets.pop()[1] - begun <= 8


def test_T15_a_client_that_reads_nothing_costs_no_more_than_one_that_has_read_fast(start, flight_server):
    # Its socket takes the first megabytes as fast as they come, so to the gateway it has read fast, and its window has grown.
    gateway = start(flight_server)
    grown = []
    with warm(gateway):
        for _ in range(3):
            with gateway.connect([(f.INITIAL_WINDOW_SIZE, 1 << 30)], receive_buffer=4_096, keep_frames=False) as client:
                client.send(f.window_update(0, 1 << 30))
                base = settled(gateway)  # what the stream before left behind has gone back
                client.call("DoGet", ticket(batches=10_000, rows=131_072), wait=False)
                grown.append(settled(gateway) - base)
    print(f"B {2 * B / MIB:.0f} MiB, measured {[f'{g / MIB:.2f}' for g in grown]} MiB")
    assert statistics.median(grown) <= 2 * B, f"RSS grew by {[f'{g / MIB:.2f}' for g in grown]} MiB"


def test_T29_an_upload_waits_for_its_upstream_and_goes_on_intact(start, upstream):
    server = upstream(on_request=lambda peer, state: None, credit=False, keep_frames=False)
    gateway = start(server)
    with gateway.connect(keep_frames=False) as client:
        assert client.get().status == 200
        payload = hashlib.shake_128(b"upload").digest(32 * MIB)
        gateway.reset_peak()
        base = gateway.rss
        stream = client.open(grpc.request_headers("DoPut"))
        body = grpc.message(payload)
        assert server.wait(lambda: server.requests)
        with pytest.raises(TimeoutError):
            client.send_data(stream, body, timeout=2)
        client.drain()
        sent = server.requests[0].received
        grown = settled(gateway, "peak") - base
        assert grown <= B, f"RSS grew by {grown / MIB:.2f} MiB"
        assert sent <= 65_535, "the upstream's window is overrun"
        # The stream is abandoned, and the next upload runs while the upstream opens its windows again.
        client.send(f.rst_stream(stream))
        peer = server.connections[0]
        assert server.wait(lambda: server.resets)
        peer.credit = True
        peer.send(f.window_update(0, 65_535))
        done = threading.Event()
        server.on_end = lambda peer, state: (peer.answer(state), done.set())
        stream = client.open(grpc.request_headers("DoPut"))
        assert client.send_data(stream, body, end=True, timeout=60)
        assert done.wait(60)
        assert client.pump(lambda: client.stream(stream).done) and client.stream(stream).grpc_status == 0
        assert hashlib.sha256(server.requests[1].body).digest() == hashlib.sha256(body).digest()
