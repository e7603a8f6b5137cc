"""T26: a stalled reader does not slow others, on its own connection or on the upstream connection that they share."""

import threading
import time

import pyarrow.flight as flight
import pytest

from harness.flightserver import stream_ticket
from harness.gateway import until

pytestmark = [pytest.mark.load, pytest.mark.timeout(600)]
BATCHES = 1_500  # of 64 KiB: some 100 MB a reader


def stalled_reader(client):
    """A stream of which one batch was read, and no more."""
    reader = client.do_get(stream_ticket(batches=1_000_000, rows=131_072))
    reader.read_chunk()
    return reader


def rate(clients, batches):
    """Octets a second of one reader on each client, all at once."""
    failures = []

    def read(client):
        rows = 0
        for chunk in client.do_get(stream_ticket(batches=batches)):
            rows += chunk.data.num_rows
        if rows != batches * 8_192:
            failures.append(rows)

    threads = [threading.Thread(target=read, args=(client,)) for client in clients]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    return len(clients) * batches * 65_536 / (time.monotonic() - begun)


def compare(fast, stall, batches=BATCHES):
    """The best rates without and with stalled readers, taken in turns, three to ten times.

    What else runs on the machine only slows, so that both bests rise to what the gateway gives: a reader that is held up
    by the stalled ones has no good turn, however many there are.
    """
    rate(fast, batches)
    without, beside = [], []
    for turn in range(1, 11):
        without.append(rate(fast, batches))
        readers = stall()
        beside.append(rate(fast, batches))
        for reader in readers:
            reader.cancel()
        print(f"{without[-1] / 1e6:.0f} MB/s alone, {beside[-1] / 1e6:.0f} MB/s beside")
        if turn >= 3 and max(beside) >= 0.9 * max(without):
            return
    raise AssertionError(f"fast readers fall to {max(beside) / max(without):.0%}")


def test_T26_a_stalled_reader_does_not_slow_nine_others_on_its_connection(gateway):
    with flight.connect(gateway.location) as client:
        compare([client] * 9, lambda: [stalled_reader(client)])


def test_T26_a_stalled_reader_does_not_slow_other_clients_of_its_upstream_connection(start, flight_server):
    gateway = start(flight_server, threads=1, limits={"upstreamConnections": "1"})
    clients = [flight.connect(gateway.location) for _ in range(10)]
    compare(clients[1:], lambda: [stalled_reader(clients[0])])
    for client in clients:
        client.close()


def test_T26b_forty_stalled_readers_do_not_slow_forty_others_on_one_upstream_connection(start, flight_server):
    gateway = start(flight_server, threads=1, limits={"upstreamConnections": "1"})
    clients = [flight.connect(gateway.location) for _ in range(8)]
    compare(clients[4:] * 10, lambda: [stalled_reader(client) for client in clients[:4] * 10], batches=300)
    for client in clients:
        client.close()
    assert until(lambda: flight_server.counts()["live"] == 0, 30), flight_server.counts()
