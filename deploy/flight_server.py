"""A Flight server to put a gateway in front of: flight_server.py --listen HOST:PORT --flight NAME. Keeps uploads."""

import argparse
import signal
import threading

import pyarrow as pa
import pyarrow.flight as flight


class Server(flight.FlightServerBase):
    """Tables in memory, by name."""

    def __init__(self, location, tables):
        super().__init__(location)
        self.tables = tables

    def table(self, name):
        if name not in self.tables:
            raise pa.ArrowKeyError(f"there is no flight {name.decode(errors='replace')!r}")
        return self.tables[name]

    def info(self, name):
        table = self.table(name)
        # Without a location: clients fetch it from where they asked, which is the gateway.
        endpoint = flight.FlightEndpoint(name, [])
        return flight.FlightInfo(
            table.schema, flight.FlightDescriptor.for_path(name), [endpoint], table.num_rows, table.nbytes
        )

    def list_flights(self, context, criteria):
        yield from map(self.info, list(self.tables))

    def get_flight_info(self, context, descriptor):
        return self.info(b"/".join(descriptor.path))

    def do_get(self, context, ticket):
        return flight.RecordBatchStream(self.table(ticket.ticket))

    def do_put(self, context, descriptor, reader, writer):
        self.tables[b"/".join(descriptor.path)] = reader.read_all()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument("--flight", required=True, metavar="NAME")
    options = parser.parse_args()
    stopped = threading.Event()
    # Nothing stops the first process of a container by default.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    tables = {options.flight.encode(): pa.table({"n": range(1_000)})}
    with Server(f"grpc://{options.listen}", tables) as server:
        print(f"listening on grpc://{options.listen.rpartition(':')[0]}:{server.port}", flush=True)
        stopped.wait()
