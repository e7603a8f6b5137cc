"""The Arrow files of the servers over a folder: one flight each, equal rows in batches of different sizes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from .flight_server import ROW_BYTES, make_batch

FLIGHT_ROWS = 3 << 20
FLIGHT_BYTES = FLIGHT_ROWS * ROW_BYTES
# The flight's path by the rows of its batches.
FLIGHTS = {2048: "bench-64-kib", 8192: "bench", 524_288: "bench-16-mib"}


def make_files(folder: Path) -> Path:
    """Writes the files into a folder of their own, and gives that."""
    flights = folder / "flights"
    flights.mkdir()
    for rows, name in FLIGHTS.items():
        batch = make_batch(rows)
        with pa.ipc.new_file(flights / f"{name}.arrow", batch.schema) as writer:
            for _ in range(FLIGHT_ROWS // rows):
                writer.write_batch(batch)
    return flights
