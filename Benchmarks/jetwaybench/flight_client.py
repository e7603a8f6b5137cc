"""A pyarrow Flight client as load maker: `flight_client.py get|put|exchange|once|file URL [options]`.

`get`, `put` and `exchange` move COUNT batches over each of STREAMS streams, each in its own thread with a connection of
its own or, with --shared, all on one. `once` makes COUNT calls of DoGet with one batch each, one after another. `file`
reads a flight COUNT times. Prints one JSON line; `bytes` are those of record batch bodies with the stream that each
connection reads before the clock starts, `timed_bytes` those without.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from flight_server import ROW_BYTES, make_batch
from pyarrow import flight


@dataclass
class Stream:
    """The rows of a stream that arrived, when it began, and when each batch was read (of an upload: written)."""

    rows: int = 0
    begin: float = field(default_factory=time.perf_counter)
    marks: list[float] = field(default_factory=list)

    def mark(self) -> None:
        self.marks.append(time.perf_counter())

    def read(self, reader: Any) -> None:
        """Reads batch by batch, without conversion."""
        for chunk in reader:
            self.mark()
            self.rows += chunk.data.num_rows

    @property
    def gaps(self) -> list[float]:
        return [after - before for before, after in pairwise(self.marks)]


def get(client: flight.FlightClient, rows: int, count: int) -> Stream:
    stream = Stream()
    stream.read(client.do_get(flight.Ticket(f"{rows} {count}".encode())))
    return stream


def put(client: flight.FlightClient, rows: int, count: int) -> Stream:
    """The rows are those that the server counted."""
    batch = make_batch(rows)
    stream = Stream()
    writer, reader = client.do_put(flight.FlightDescriptor.for_path("bench"), batch.schema)
    for _ in range(count):
        writer.write_batch(batch)
        stream.mark()
    writer.done_writing()
    stream.rows = int(reader.read().to_pybytes())
    writer.close()
    return stream


def exchange(client: flight.FlightClient, rows: int, count: int) -> Stream:
    """Writes in one thread and reads in another, so that neither side waits for the other's windows."""
    batch = make_batch(rows)
    stream = Stream()
    writer, reader = client.do_exchange(flight.FlightDescriptor.for_path("bench"))
    writer.begin(batch.schema)
    problems: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(count):
                writer.write_batch(batch)
            writer.done_writing()
        except Exception as error:  # raised again below, in the thread that waits
            problems.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        stream.read(reader)
    finally:
        thread.join()
    if problems:
        raise problems[0]
    writer.close()
    return stream


TRANSFERS = {"get": get, "put": put, "exchange": exchange}


def percentiles(times: list[float], unit: float) -> tuple[float, float]:
    """The median and the 99th percentile of seconds, in a unit."""
    times = sorted(times)
    return times[len(times) // 2] / unit, times[len(times) * 99 // 100] / unit


def run_transfers(options: argparse.Namespace, clients: list[flight.FlightClient]) -> dict[str, float]:
    transfer = TRANSFERS[options.work]
    connections = len(set(clients))
    for client in set(clients):
        transfer(client, options.rows, 1)
    streams: list[Stream] = []
    problems: list[str] = []

    def load(client: flight.FlightClient) -> None:
        try:
            streams.append(transfer(client, options.rows, options.count))
        except Exception as error:  # a thread's error must reach the process that waits for the figures
            problems.append(str(error))

    threads = [threading.Thread(target=load, args=(client,)) for client in clients]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - begin
    expected = options.rows * options.count
    problems += [f"{stream.rows} rows instead of {expected}" for stream in streams if stream.rows != expected]
    if problems:
        sys.exit("; ".join(problems))
    batch = options.rows * ROW_BYTES * (2 if options.work == "exchange" else 1)
    timed = len(clients) * options.count * batch
    p50, p99 = percentiles([gap for stream in streams for gap in stream.gaps], 1e-3)
    return {
        "timed_bytes": timed,
        "bytes": timed + connections * batch,
        "seconds": seconds,
        "first_batch_ms": median(stream.marks[0] - stream.begin for stream in streams) * 1e3,
        "batch_p50_ms": p50,
        "batch_p99_ms": p99,
    }


def run_once(options: argparse.Namespace, client: flight.FlightClient) -> dict[str, float]:
    get(client, options.rows, 1)
    times = []
    start = time.monotonic()
    for _ in range(options.count):
        begin = time.perf_counter()
        if get(client, options.rows, 1).rows != options.rows:
            sys.exit("a call gave too few rows")
        times.append(time.perf_counter() - begin)
    seconds = time.monotonic() - start
    p50, p99 = percentiles(times, 1e-6)
    return {"calls": options.count + 1, "seconds": seconds, "p50_us": p50, "p99_us": p99}


def run_file(options: argparse.Namespace, client: flight.FlightClient) -> dict[str, float]:
    """Reads the flight once before the clock starts: what it costs is counted, how long it takes is not."""
    info = client.get_flight_info(flight.FlightDescriptor.for_path(options.flight))
    ticket = info.endpoints[0].ticket

    def read() -> float:
        stream = Stream()
        stream.read(client.do_get(ticket))
        if stream.rows != options.rows:
            sys.exit(f"{stream.rows} rows instead of {options.rows}")
        return stream.marks[0] - stream.begin

    read()
    begin = time.monotonic()
    first = [read() for _ in range(options.count)]
    seconds = time.monotonic() - begin
    size = options.rows * ROW_BYTES
    return {
        "timed_bytes": options.count * size,
        "bytes": (options.count + 1) * size,
        "seconds": seconds,
        "first_batch_ms": median(first) * 1e3,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=(*TRANSFERS, "once", "file"))
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, required=True, help="of a batch; of the whole flight for `file`")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--shared", action="store_true")
    parser.add_argument("--flight", help="the path of the flight for `file`")
    parser.add_argument("--ca", type=Path)
    options = parser.parse_args()
    roots = options.ca.read_bytes() if options.ca else None
    connections = 1 if options.shared else options.streams
    clients = [flight.FlightClient(options.url, tls_root_certs=roots) for _ in range(connections)]
    if options.shared:
        clients *= options.streams
    if options.work == "once":
        figures = run_once(options, clients[0])
    elif options.work == "file":
        figures = run_file(options, clients[0])
    else:
        figures = run_transfers(options, clients)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
