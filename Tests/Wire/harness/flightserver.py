"""A pyarrow Flight server in a process of its own, whose streams are described by their tickets."""

import json
import sys
from pathlib import Path

import pyarrow.flight as flight

from .process import Child

FOLDER = Path(__file__).parents[1]


class FlightServer(Child):
    """Runs harness/flightservice.py; `counts()` tells what it was asked to do."""

    def __init__(self, tls=None, port=0):
        command = [sys.executable, FOLDER / "harness/flightservice.py", "--port", port]
        if tls:
            command += ["--tls-certificate", tls.certificate, "--tls-key", tls.key]
        super().__init__(command, ready="port ")
        self.port = int(self.first_line.split()[1])
        self.location = f"grpc{'+tls' if tls else ''}://127.0.0.1:{self.port}"

    def counts(self):
        """Calls started, finished and cancelled by name, asked without the gateway."""
        with flight.connect(f"grpc://127.0.0.1:{self.port}") as client:
            return json.loads(next(client.do_action(("counts", b""))).body.to_pybytes())


def stream_ticket(**what):
    """batches, rows, columns, pause (seconds between batches), fail (after so many batches), kind."""
    return flight.Ticket(json.dumps(what).encode())
