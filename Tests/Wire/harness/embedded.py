"""The embedded Flight server, and what tests do with its flights through pyarrow."""

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.flight as flight

from . import grpc
from .gateway import Listener


class EmbeddedServer(Listener):
    """`jetway flights serve` over a folder."""

    def __init__(self, folder, *arguments, **options):
        self.folder = Path(folder)
        super().__init__("flights", "serve", folder, *arguments, **options)

    def report(self):
        """What the action `status` answers, asked without a gateway."""
        with flight.connect(self.location) as client:
            return json.loads(next(client.do_action("status")).body.to_pybytes())

    @property
    def open_files(self):
        """The files of its folder that it has open."""
        found = []
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                path = Path(os.readlink(link))
            except FileNotFoundError:  # closed meanwhile
                continue
            if path.is_relative_to(self.folder):
                found.append(path)
        return found


def descriptor(name):
    return flight.FlightDescriptor.for_path(*name.split("/"))


def names(client, prefix=""):
    """The names of the flights that are listed."""
    return [b"/".join(info.descriptor.path).decode() for info in client.list_flights(prefix.encode())]


def open_flight(client, name, **options):
    return client.do_get(flight.Ticket(name.encode()), options=flight.FlightCallOptions(**options))


def get(client, name):
    """A flight as a table, its batches as they came."""
    reader = open_flight(client, name)
    return pa.Table.from_batches([chunk.data for chunk in reader], reader.schema)


def put(client, name, batches, options=None):
    """Uploads a flight, each batch with a note; what was answered."""
    call = flight.FlightCallOptions(write_options=options)
    writer, replies = client.do_put(descriptor(name), batches[0].schema, options=call)
    answers = []
    for number, batch in enumerate(batches):
        writer.write_with_metadata(batch, b"note %d" % number)
        if (answer := replies.read()) is None:
            break  # the server has ended the call; closing tells why
        answers.append(answer.to_pybytes())
    writer.close()
    return answers


def assert_same(table, expected):
    """Equal in schema, metadata and values, and in batches of the same rows."""
    table.validate(full=True)
    assert table.schema.equals(expected.schema, check_metadata=True)
    assert table.equals(expected, check_metadata=True)
    assert [batch.num_rows for batch in table.to_batches()] == [batch.num_rows for batch in expected.to_batches()]


def refusal(listener, name, method="DoGet"):
    """The exact gRPC status of a call about a flight, which pyarrow does not tell, and its message."""
    payload = grpc.ticket(name.encode()) if method == "DoGet" else grpc.command(name.encode())
    with listener.connect(keep_frames=False) as client:
        state = client.call(method, payload)
    return state.grpc_status, grpc.message_of(state)
