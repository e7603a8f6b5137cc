"""A pyarrow Flight server as upstream. Prints `listening PORT`; ends when its standard input is closed.

DoGet takes the number of batches as ticket. DoPut counts rows and answers with one message: the count.
"""

from __future__ import annotations

import sys

import pyarrow as pa
from pyarrow import flight

ROWS = 8192
COLUMNS = 4
BATCH_BYTES = ROWS * COLUMNS * 8


def make_batch() -> pa.RecordBatch:
    """8192 rows of 4 int64 columns: 256 KiB."""
    columns = [pa.array(range(ROWS * i, ROWS * (i + 1)), pa.int64()) for i in range(COLUMNS)]
    return pa.record_batch(columns, names=[f"c{i}" for i in range(COLUMNS)])


class Server(flight.FlightServerBase):
    def __init__(self) -> None:
        super().__init__("grpc://127.0.0.1:0")
        self._batch = make_batch()

    def do_get(self, context, ticket):
        return flight.RecordBatchStream(pa.Table.from_batches([self._batch] * int(ticket.ticket)))

    def do_put(self, context, descriptor, reader, writer):
        rows = 0
        for chunk in reader:
            rows += chunk.data.num_rows
        writer.write(pa.py_buffer(str(rows).encode()))


def main() -> None:
    server = Server()
    print(f"listening {server.port}", flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
