"""T44, T48: real clients with a gigabyte each way, keepalive rules, and an end that loses no call that fits."""

import json
import signal
import socket
import threading
import time

import adbc_driver_flightsql.dbapi
import pyarrow as pa
import pyarrow.flight as flight
import pytest

from harness import frames as f
from harness import grpc
from harness.flightserver import stream_ticket
from harness.frames import Code
from harness.gateway import Gateway, until

pytestmark = [pytest.mark.load, pytest.mark.timeout(300)]
ROWS = 131_072  # 1 MiB of one int64 column
GIB = 1_024  # such batches


def test_T44_adbc_reads_a_gibibyte(gateway):
    with adbc_driver_flightsql.dbapi.connect(gateway.location, autocommit=True) as connection:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {GIB} {ROWS}")
            rows = sum(batch.num_rows for batch in cursor.fetch_record_batch())
            assert rows == GIB * ROWS
            cursor.execute("SELECT 3 10")
            assert cursor.fetch_arrow_table().num_rows == 30


def test_T44_adbc_reads_a_gibibyte_over_tls(start, flight_server, pair, authority):
    gateway = start(flight_server, tls=pair, authority=str(authority.path))
    options = {"adbc.flight.sql.client_option.tls_root_certs": authority.path.read_text()}
    uri = gateway.location.replace("127.0.0.1", "localhost")
    with adbc_driver_flightsql.dbapi.connect(uri, db_kwargs=options, autocommit=True) as connection:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {GIB} {ROWS}")
            assert sum(batch.num_rows for batch in cursor.fetch_record_batch()) == GIB * ROWS


def test_T44_pyarrow_reads_a_gibibyte(gateway):
    with flight.connect(gateway.location) as client:
        assert sum(chunk.data.num_rows for chunk in client.do_get(stream_ticket(batches=GIB, rows=ROWS))) == GIB * ROWS


def test_T44_pyarrow_writes_a_gibibyte(gateway):
    batch = pa.RecordBatch.from_arrays([pa.array(range(ROWS), pa.int64())], ["c0"])
    with flight.connect(gateway.location) as client:
        writer, replies = client.do_put(flight.FlightDescriptor.for_command(b"nohash"), batch.schema)
        for _ in range(GIB):
            writer.write_batch(batch)
        writer.done_writing()
        report = json.loads(replies.read().to_pybytes())
        writer.close()
        assert report["rows"] == GIB * ROWS


def test_T44_the_upstreams_connection_survives_a_gibibyte_each_way(start, flight_server):
    """The gateway's own bandwidth probes are no more than a gRPC server takes: one connection lasts."""
    gateway = start(flight_server, limits={"upstreamConnections": "1"}, log_level="debug")
    with flight.connect(gateway.location) as client:
        for _ in range(2):
            assert sum(chunk.data.num_rows for chunk in client.do_get(stream_ticket(batches=GIB, rows=ROWS))) == GIB * ROWS
    assert "too_many_pings" not in gateway.log(1 << 20)


def test_T44_idle_pings_every_second_are_too_many(gateway):
    with gateway.connect() as client:
        assert client.call("ListActions").grpc_status == grpc.OK
        for index in range(8):
            client.send(f.ping(index.to_bytes(8, "big")))
            if client.wait_closed(1):
                break
        assert client.goaway and client.goaway[1] == Code.ENHANCE_YOUR_CALM and b"too_many_pings" in client.goaway[2], client.goaway


# T48


def test_T48_sigterm_lets_finish_what_fits_and_tells_the_rest(flight_server):
    with Gateway(flight_server.location, limits={"downstream.drainGrace": "4s", "downstream.drainHardStop": "6s"}) as gateway:
        watcher = gateway.connect(keep_frames=False)
        endless = watcher.call("DoAction", grpc.action("sleep", b"600"), wait=False)
        fitting = watcher.call("DoAction", grpc.action("sleep", b"2"), wait=False)
        failures, finished, stop = [], [], threading.Event()

        def short_streams():
            while not stop.is_set():
                try:
                    with flight.connect(gateway.location) as client:
                        while not stop.is_set():
                            client.do_get(stream_ticket(batches=10, pause=0.1)).read_all()
                            finished.append(time.monotonic())
                except pa.ArrowException as error:
                    failures.append(error)
                    return

        threads = [threading.Thread(target=short_streams) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert until(lambda: len(finished) >= 4, 10)
        stop.set()  # each thread finishes the stream that it is in, and begins none
        asked = time.monotonic()
        gateway.signal(signal.SIGTERM)
        for thread in threads:
            thread.join(10)
        assert not failures, f"{failures[:2]}"
        assert watcher.pump(lambda: fitting.done, 5) and fitting.messages == [grpc.field(1, b"woken")], f"{fitting}"

        def closed():
            try:
                socket.create_connection(("127.0.0.1", gateway.port), 1).close()
            except ConnectionRefusedError:
                return True
            return False

        assert until(closed, 2), "the listener is still open"
        assert watcher.pump(lambda: endless.done, 8), f"{endless}"
        assert endless.grpc_status == grpc.UNAVAILABLE or endless.reset is not None, f"{endless}"
        assert watcher.wait_closed(3)
        assert len(watcher.goaways) >= 2 and watcher.goaways[0][0] == 0x7FFF_FFFF, watcher.goaways
        assert all(code == Code.NO_ERROR for _, code, _ in watcher.goaways)
        assert gateway.wait(10) == 0
        assert time.monotonic() - asked < 9
        gateway.stop = lambda: None


def test_T48_an_idle_gateway_stops_at_once(flight_server):
    with Gateway(flight_server.location) as gateway, gateway.connect() as client:
        assert client.call("ListActions").grpc_status == grpc.OK
        asked = time.monotonic()
        gateway.signal(signal.SIGTERM)
        assert gateway.wait(5) == 0
        assert time.monotonic() - asked < 3
        gateway.stop = lambda: None
