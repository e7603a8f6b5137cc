"""`jetway flights serve` while flights are read: stalled readers, deadlines, SIGTERM, files that change meanwhile."""

import contextlib
import os
import signal
import socket

import numpy
import pyarrow as pa
import pyarrow.flight as flight
import pytest

from harness import grpc
from harness.embedded import assert_same, get, open_flight
from harness.gateway import until
from harness.process import MIB

# More than what windows and sockets between a server and a client that does not read can take.
LARGE = 64 * MIB


def write_flight(path, size=LARGE, batch=MIB, seed=1):
    """A file in random access format with one column of so many bytes, whose values are all different; its table."""
    values = pa.array(numpy.arange(size // 8, dtype=numpy.int64) * seed)
    table = pa.table({"n": values})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=batch // 8)
    return pa.Table.from_batches(table.to_batches(max_chunksize=batch // 8))


@contextlib.contextmanager
def reading(client, name):
    """A flight of which one batch was read; gives a function that reads the rest and returns the whole."""
    reader = open_flight(client, name)
    first = reader.read_chunk().data
    yield lambda: pa.Table.from_batches([first, *(chunk.data for chunk in reader)])
    reader.cancel()


# Stalled readers


@pytest.mark.parametrize("batch", [MIB, 32 * MIB], ids=["1 MiB", "32 MiB"])
def test_stalled_readers_cost_the_same_whatever_the_size_of_file_and_batches(serve, tmp_path, batch):
    write_flight(tmp_path / "big.arrow", 256 * MIB, batch)
    server = serve(tmp_path)
    with flight.connect(server.location) as client:
        get(client, "big")
        server.reset_peak()
        base = server.rss
        readers = [open_flight(client, "big") for _ in range(16)]
        # While one reads a batch the others wait, with all that the server holds for them.
        for reader in readers:
            reader.read_chunk()
        grown = server.peak - base
        for reader in readers:
            reader.cancel()
    assert grown < 16 * 6 * MIB, f"RSS grew by {grown / MIB:.0f} MiB"
    assert until(lambda: not server.open_files), "files of readers that are gone stay open"


ENDS = {
    "is cancelled": lambda raw, state: raw.cancel(state.id),
    "loses its client": lambda raw, state: raw.abort(),
    "passes its deadline": lambda raw, state: None,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_a_stalled_call_that_ends_early_closes_its_file_at_once(serve, reach, tmp_path, end):
    write_flight(tmp_path / "big.arrow")
    server = serve(tmp_path)
    timeout = [("grpc-timeout", "700m")] if end is ENDS["passes its deadline"] else []
    with reach(server).connect(credit=False, keep_frames=False) as raw:
        state = raw.call("DoGet", grpc.ticket(b"big"), headers=timeout, wait=False)
        assert raw.pump(lambda: state.received) and server.open_files == [tmp_path / "big.arrow"]
        end(raw, state)
        assert until(lambda: not server.open_files), "the call goes on"


def test_a_deadline_that_passes_while_nothing_is_read_is_a_timeout(serve, dial, tmp_path):
    write_flight(tmp_path / "big.arrow")
    server = serve(tmp_path)
    reader = open_flight(dial(server), "big", timeout=0.5)
    assert until(lambda: not server.open_files), "the call goes on"
    with pytest.raises(flight.FlightTimedOutError):
        reader.read_all()


def test_a_stalled_reader_does_not_stop_others_on_its_connection(serve, dial, tmp_path):
    table = write_flight(tmp_path / "big.arrow")
    client = dial(serve(tmp_path))
    with reading(client, "big") as rest:
        assert_same(get(client, "big"), table)
        assert_same(rest(), table)


# The end of the server


def refuses_connections(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return True
    return False


def test_sigterm_lets_a_running_call_end_and_takes_no_new_ones(serve, dial, tmp_path):
    table = write_flight(tmp_path / "big.arrow")
    server = serve(tmp_path)
    with reading(dial(server), "big") as rest:
        server.signal(signal.SIGTERM)
        assert until(lambda: refuses_connections(server.port)), "the listener is still open"
        assert_same(rest(), table)
    assert server.wait(10) == 0
    server.stop = lambda: None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_with_exit_code_0(serve, tmp_path, number):
    server = serve(tmp_path)
    with flight.connect(server.location) as client:
        assert list(client.list_flights()) == []
        server.signal(number)
        assert server.wait(5) == 0
    server.stop = lambda: None


# Files that change while they are read


@pytest.mark.parametrize("how", ["replaced", "removed"])
def test_a_call_sends_the_old_file_whole_when_its_name_is_taken_away(serve, dial, tmp_path, how):
    path = tmp_path / "big.arrow"
    table = write_flight(path)
    server = serve(tmp_path)
    client = dial(server)
    with reading(client, "big") as rest:
        if how == "replaced":
            new = write_flight(tmp_path / "next", 2 * MIB, seed=3)
            (tmp_path / "next").rename(path)
            assert_same(get(client, "big"), new)
        else:
            path.unlink()
            with pytest.raises(KeyError):
                get(client, "big")
        assert_same(rest(), table)
    assert until(lambda: not server.open_files)


def truncate(path):
    os.truncate(path, LARGE // 2)


def write_shorter(path):
    write_flight(path, 2 * MIB, seed=3)


def write_as_long(path):
    write_flight(path, seed=3)


def change_in_place(path):
    """Values of the batches to come, where all heads stay as they are."""
    with path.open("r+b") as file:
        file.seek(LARGE - 100_000)
        file.write(b"\xff" * 10_000)


@pytest.mark.parametrize("change", [truncate, write_shorter, write_as_long, change_in_place])
def test_a_file_that_is_changed_in_place_while_it_is_read_is_never_ok(serve, dial, tmp_path, change):
    path = tmp_path / "big.arrow"
    write_flight(path)
    server = serve(tmp_path)
    client = dial(server)
    with reading(client, "big") as rest:
        change(path)
        with pytest.raises(flight.FlightInternalError, match=r"data loss.*big\S*: at offset \d+: the file"):
            rest()
    server.assert_alive()
