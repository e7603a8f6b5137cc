"""A pyarrow Flight client as load maker: `flight_client.py get|put URL BATCHES CONNECTIONS [CA]`.

Every connection has its own thread and client. Prints one JSON line with bytes (of record batch bodies) and seconds.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from flight_server import BATCH_BYTES, ROWS, make_batch
from pyarrow import flight


def get(client: flight.FlightClient, batches: int) -> int:
    """Reads a stream batch by batch, without conversion, and gives its rows."""
    rows = 0
    for chunk in client.do_get(flight.Ticket(str(batches).encode())):
        rows += chunk.data.num_rows
    return rows


def put(client: flight.FlightClient, batches: int) -> int:
    """Writes a stream batch by batch and gives the rows that the server counted."""
    batch = make_batch()
    writer, reader = client.do_put(flight.FlightDescriptor.for_path("bench"), batch.schema)
    for _ in range(batches):
        writer.write_batch(batch)
    writer.done_writing()
    rows = int(reader.read().to_pybytes())
    writer.close()
    return rows


def main() -> None:
    work, url, batches, connections = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    roots = Path(sys.argv[5]).read_bytes() if len(sys.argv) > 5 else None
    transfer = {"get": get, "put": put}[work]
    clients = [flight.FlightClient(url, tls_root_certs=roots) for _ in range(connections)]
    for client in clients:
        transfer(client, 1)
    problems: list[str] = []

    def load(client: flight.FlightClient) -> None:
        try:
            rows = transfer(client, batches)
            if rows != batches * ROWS:
                problems.append(f"{rows} rows instead of {batches * ROWS}")
        except Exception as error:  # a thread's error must reach the process that waits for the figures
            problems.append(str(error))

    begin = time.monotonic()
    threads = [threading.Thread(target=load, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - begin
    if problems:
        sys.exit("; ".join(problems))
    print(json.dumps({"bytes": connections * (batches + 1) * BATCH_BYTES, "seconds": seconds}))


if __name__ == "__main__":
    main()
