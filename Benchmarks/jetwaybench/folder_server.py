"""A pyarrow Flight server over a folder, to set beside the embedded server: `folder_server.py DIR`.

It serves every `.arrow` file of the folder memory-mapped: its table's buffers are the file's pages, and what follows is
the C++ server's own path. Prints `listening PORT`; ends when its standard input is closed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
from pyarrow import flight


class Server(flight.FlightServerBase):
    def __init__(self, folder: Path) -> None:
        super().__init__("grpc://127.0.0.1:0")
        self._tables = {
            path.stem.encode(): pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in folder.glob("*.arrow")
        }

    def get_flight_info(self, context, descriptor):
        name = b"/".join(descriptor.path)
        table = self._tables[name]
        endpoint = flight.FlightEndpoint(name, [])
        return flight.FlightInfo(table.schema, descriptor, [endpoint], table.num_rows, table.nbytes)

    def do_get(self, context, ticket):
        return flight.RecordBatchStream(self._tables[ticket.ticket])


def main() -> None:
    server = Server(Path(sys.argv[1]))
    print(f"listening {server.port}", flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
