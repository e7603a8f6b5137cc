"""A pyarrow Flight server as upstream: `flight_server.py [CERTIFICATE KEY]`.

Prints `listening PORT`; ends when its standard input is closed. Batches have 4 int64 columns. DoGet takes `ROWS COUNT`
as ticket: rows of a batch, and how many. DoPut counts rows and answers with one message: the count. DoExchange sends
every batch back.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from pyarrow import flight

COLUMNS = 4
ROW_BYTES = COLUMNS * 8


@lru_cache(maxsize=8)
def make_batch(rows: int) -> pa.RecordBatch:
    """A batch of 4 int64 columns: 8192 rows are 256 KiB."""
    columns = [pa.array(range(rows * i, rows * (i + 1)), pa.int64()) for i in range(COLUMNS)]
    return pa.record_batch(columns, names=[f"c{i}" for i in range(COLUMNS)])


class Server(flight.FlightServerBase):
    def do_get(self, context, ticket):
        rows, count = map(int, ticket.ticket.split())
        return flight.RecordBatchStream(pa.Table.from_batches([make_batch(rows)] * count))

    def do_put(self, context, descriptor, reader, writer):
        rows = 0
        for chunk in reader:
            rows += chunk.data.num_rows
        writer.write(pa.py_buffer(str(rows).encode()))

    def do_exchange(self, context, descriptor, reader, writer):
        writer.begin(reader.schema)
        for chunk in reader:
            writer.write_batch(chunk.data)


def main() -> None:
    if len(sys.argv) == 3:
        pair = tuple(Path(path).read_bytes() for path in sys.argv[1:])
        server = Server("grpc+tls://127.0.0.1:0", tls_certificates=[pair])
    else:
        server = Server("grpc://127.0.0.1:0")
    print(f"listening {server.port}", flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
