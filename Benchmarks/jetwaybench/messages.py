"""The canned Flight messages of the native upstream, made with pyarrow so that they are what a real server sends."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import flight

COLUMNS = 4


@dataclass(frozen=True)
class Messages:
    """Files that hold messages in protobuf form; `request` is the descriptor as a gRPC message."""

    descriptor: Path
    request: Path
    info: Path
    schema: Path
    batches: dict[int, Path]


class _Headers:
    """A sink that keeps the small writes of an IPC stream, and drops the bodies."""

    closed = False

    def __init__(self) -> None:
        self.kept = bytearray()

    def write(self, data) -> int:
        piece = memoryview(data)
        if piece.nbytes < 4096:
            self.kept += piece
        return piece.nbytes

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _field(number: int, size: int) -> bytes:
    """Tag and length of a length-delimited field."""
    return _varint(number << 3 | 2) + _varint(size)


def _metadata(stream: bytes, index: int) -> bytes:
    """The metadata of the message at `index` in an IPC stream whose bodies were dropped."""
    offset = 0
    for _ in range(index):
        offset += 8 + int.from_bytes(stream[offset + 4 : offset + 8], "little")
    size = int.from_bytes(stream[offset + 4 : offset + 8], "little")
    return stream[offset + 8 : offset + 8 + size]


def _schema() -> pa.Schema:
    return pa.schema([(f"c{i}", pa.int64()) for i in range(COLUMNS)])


def _flight_data_head(body: int) -> tuple[bytes, bytes]:
    """FlightData of the schema, and FlightData of a batch of zeros with `body` bytes up to where its body begins."""
    column = body // COLUMNS
    zeros = pa.py_buffer(memoryview(mmap.mmap(-1, column)))
    array = pa.Array.from_buffers(pa.int64(), column // 8, [None, zeros])
    sink = _Headers()
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), _schema()) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays([array] * COLUMNS, schema=_schema()))
    schema, batch = (_metadata(bytes(sink.kept), index) for index in (0, 1))
    return _field(2, len(schema)) + schema, _field(2, len(batch)) + batch + _field(1000, body)


def make_messages(folder: Path, batch_sizes: list[int]) -> Messages:
    """Writes the messages into `folder`: a path descriptor, its FlightInfo, and FlightData for each batch size."""
    descriptor = flight.FlightDescriptor.for_path("sales", "2024", "orders")
    endpoint = flight.FlightEndpoint(b"sales/2024/orders", [])
    info = flight.FlightInfo(_schema(), descriptor, [endpoint], 8192, 8192 * COLUMNS * 8)
    files = Messages(
        folder / "descriptor.bin",
        folder / "request.bin",
        folder / "info.bin",
        folder / "schema.bin",
        {size: folder / f"batch-{size}.bin" for size in batch_sizes},
    )
    payload = descriptor.serialize()
    files.descriptor.write_bytes(payload)
    files.request.write_bytes(b"\0" + len(payload).to_bytes(4, "big") + payload)
    files.info.write_bytes(info.serialize())
    for size, path in files.batches.items():
        schema, batch = _flight_data_head(size)
        files.schema.write_bytes(schema)
        path.write_bytes(batch)
    return files
