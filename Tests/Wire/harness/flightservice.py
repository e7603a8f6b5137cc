"""The program behind FlightServer: batches to order, a sink that hashes, an echo, actions, a little Flight SQL."""

import argparse
import collections
import hashlib
import json
import threading
import time

import numpy
import pyarrow as pa
import pyarrow.flight as flight


def varint(raw, offset):
    value = shift = 0
    while True:
        byte = raw[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, offset


def any_value(raw):
    """(type name, value) of a google.protobuf.Any, or None."""
    found, offset = {}, 0
    try:
        while offset < len(raw):
            key, offset = varint(raw, offset)
            length, offset = varint(raw, offset)
            found[key] = raw[offset : offset + length]
            offset += length
        return found[0x0A].decode().rpartition(".")[2], found.get(0x12, b"")
    except (IndexError, KeyError, UnicodeDecodeError):
        return None


def any_bytes(name, value):
    """google.protobuf.Any with a value below 128 octets."""
    kind = f"type.googleapis.com/arrow.flight.protocol.sql.{name}".encode()
    return b"\x0a" + bytes([len(kind)]) + kind + b"\x12" + bytes([len(value)]) + value


def make_batch(rows, columns=1, seed=1):
    """int64 columns; the values are not all equal, so that a moved byte shows."""
    values = numpy.arange(rows, dtype=numpy.int64) * 2_654_435_761 + seed
    return pa.RecordBatch.from_arrays([pa.array(values)] * columns, names=[f"c{i}" for i in range(columns)])


def special_stream(kind):
    """Streams whose encoding is out of the ordinary."""
    if kind == "no rows":
        return flight.RecordBatchStream(make_batch(0).schema.empty_table())
    if kind == "no batches":
        return flight.GeneratorStream(make_batch(0).schema, iter(()))
    if kind == "10,000 columns":
        return flight.RecordBatchStream(pa.Table.from_batches([make_batch(3, 10_000)]))
    if kind in ("lz4", "zstd"):
        table = pa.Table.from_batches([make_batch(50_000, 2, seed) for seed in range(4)])
        return flight.RecordBatchStream(table, options=pa.ipc.IpcWriteOptions(compression=kind))
    if kind == "v4":
        options = pa.ipc.IpcWriteOptions(metadata_version=pa.ipc.MetadataVersion.V4)
        return flight.RecordBatchStream(pa.Table.from_batches([make_batch(1000)]), options=options)
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]
    if kind == "dictionary":
        column = pa.array(words * 100).dictionary_encode()
        return flight.RecordBatchStream(pa.table({"word": column, "number": pa.array(range(500))}))
    if kind == "dictionary deltas":
        options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
        indices = [pa.array([0, 1]), pa.array([1, 2, 0]), pa.array([3, 4])]
        arrays = [pa.DictionaryArray.from_arrays(i, words[:n]) for i, n in zip(indices, (2, 3, 5))]
        batches = [pa.RecordBatch.from_arrays([array], ["word"]) for array in arrays]
        reader = pa.RecordBatchReader.from_batches(batches[0].schema, batches)
        return flight.RecordBatchStream(reader, options=options)
    if kind == "metadata":
        return flight.GeneratorStream(make_batch(1).schema, ((make_batch(9), b"note %d" % i) for i in range(50)))
    nested = pa.array([[{"a": 1, "b": ["x", None]}], None, []])
    views = pa.array(["short", "a string that is longer than twelve octets", None], pa.string_view())
    return flight.RecordBatchStream(pa.table({"nested": nested, "views": views, "none": pa.nulls(3)}))


class Service(flight.FlightServerBase):
    """Tickets and commands are JSON, see stream_ticket() in flightserver.py."""

    def __init__(self, location, **options):
        super().__init__(location, **options)
        self.lock = threading.Lock()
        self.counters = collections.Counter()
        self.batches = {}
        self.stored = {}

    def count(self, name, change=1):
        with self.lock:
            self.counters[name] += change

    def batch(self, rows, columns):
        with self.lock:
            if (rows, columns) not in self.batches:
                self.batches[rows, columns] = make_batch(rows, columns)
            return self.batches[rows, columns]

    def list_flights(self, context, criteria):
        self.count("ListFlights")
        for index in range(3):
            yield self.info(flight.FlightDescriptor.for_path(f"flight-{index}"), b"{}")

    def info(self, descriptor, ticket, schema=None):
        endpoint = flight.FlightEndpoint(ticket, [])
        return flight.FlightInfo(schema or pa.schema([("c0", pa.int64())]), descriptor, [endpoint], -1, -1)

    def get_flight_info(self, context, descriptor):
        self.count("GetFlightInfo")
        sql = any_value(descriptor.command) if descriptor.command else None
        if sql:
            # SELECT BATCHES ROWS: the query's two numbers say what the ticket gives.
            length, offset = varint(sql[1], 1)
            words = sql[1][offset : offset + length].split()
            ask = b"%s %s" % (words[1], words[2])
            handle = any_bytes("TicketStatementQuery", b"\x0a" + bytes([len(ask)]) + ask)
            return self.info(descriptor, handle)
        return self.info(descriptor, descriptor.command or b"{}")

    def get_schema(self, context, descriptor):
        self.count("GetSchema")
        return flight.SchemaResult(pa.schema([("c0", pa.int64())]))

    def do_get(self, context, ticket):
        self.count("DoGet")
        sql = any_value(ticket.ticket)
        if sql:
            count, rows = sql[1][2:].split()
            ask = {"batches": int(count), "rows": int(rows)}
        else:
            ask = json.loads(ticket.ticket)
        if "kind" in ask:
            return special_stream(ask["kind"])
        batch = self.batch(ask.get("rows", 8192), ask.get("columns", 1))
        return flight.GeneratorStream(batch.schema, self.stream(context, batch, ask))

    def stream(self, context, batch, ask):
        self.count("live")
        try:
            for index in range(ask.get("batches", 1)):
                if index == ask.get("fail"):
                    raise flight.FlightUnavailableError("the stream was asked to fail here")
                deadline = time.monotonic() + ask.get("pause", 0)
                while time.monotonic() < deadline:
                    if context.is_cancelled():
                        self.count("cancelled")
                        return
                    time.sleep(min(0.02, max(deadline - time.monotonic(), 0)))
                yield batch
            self.count("finished")
        finally:
            self.count("live", -1)

    def do_put(self, context, descriptor, reader, writer):
        self.count("DoPut")
        digest, rows, octets = hashlib.sha256(), 0, 0
        hashing = b"nohash" not in (descriptor.command or b"")
        while True:
            try:
                chunk = reader.read_chunk()
            except StopIteration:
                break
            rows += chunk.data.num_rows
            octets += chunk.data.nbytes
            if hashing:
                for column in chunk.data.columns:
                    for buffer in column.buffers():
                        digest.update(buffer or b"")
            if chunk.app_metadata is not None:
                writer.write(chunk.app_metadata)
        writer.write(json.dumps({"rows": rows, "bytes": octets, "sha256": digest.hexdigest()}).encode())

    def do_exchange(self, context, descriptor, reader, writer):
        self.count("DoExchange")
        begun = False
        for chunk in reader:
            if chunk.data is not None and not begun:
                writer.begin(chunk.data.schema)
                begun = True
            if chunk.data is None:
                writer.write_metadata(chunk.app_metadata)
            elif chunk.app_metadata is None:
                writer.write_batch(chunk.data)
            else:
                writer.write_with_metadata(chunk.data, chunk.app_metadata)

    def list_actions(self, context):
        self.count("ListActions")
        return [("counts", "what was called"), ("echo", "the body again"), ("sleep", "waits for so many seconds")]

    def do_action(self, context, action):
        body = action.body.to_pybytes()
        if action.type == "counts":
            with self.lock:
                yield json.dumps(self.counters).encode()
            return
        self.count("DoAction")
        if action.type == "echo":
            yield body
        elif action.type == "sleep":
            deadline = time.monotonic() + float(body)
            while time.monotonic() < deadline:
                if context.is_cancelled():
                    self.count("cancelled")
                    return
                time.sleep(0.01)
            yield b"woken"
        else:
            raise NotImplementedError(action.type)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls-certificate")
    parser.add_argument("--tls-key")
    options = parser.parse_args()
    pairs, scheme = None, "grpc"
    if options.tls_certificate:
        scheme = "grpc+tls"
        with open(options.tls_certificate, "rb") as certificate, open(options.tls_key, "rb") as key:
            pairs = [flight.CertKeyPair(certificate.read(), key.read())]
    with Service(f"{scheme}://127.0.0.1:{options.port}", tls_certificates=pairs) as server:
        print("port", server.port, flush=True)
        server.serve()


if __name__ == "__main__":
    main()
