"""The demo shows what it promises, and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import adbc_driver_flightsql.dbapi
import pytest

from harness.gateway import BINARY, one_line
from harness.process import Child

ROOT = Path(__file__).parents[2]
FLIGHTS = ["sales/orders", "sales/products", "telemetry", "types/all", "weather/stations"]
LISTEN = ["--listen", "127.0.0.1:0"]


@pytest.fixture
def scratch(tmp_path):
    """An environment whose temporary folder is the test's own."""
    return os.environ | {"TMPDIR": str(tmp_path)}


def run_demo(*arguments, env):
    return subprocess.run([BINARY, "demo", *arguments], capture_output=True, text=True, timeout=30, env=env)


class RunningDemo:
    """A demo that stays up: what it said, and its Python lines."""

    def __init__(self, env):
        self.child = Child([BINARY, "demo", *LISTEN], env=env)
        lines = iter(lambda: self.child.line(20), "Ctrl-C ends the demo.")
        self.said = "\n".join(lines)
        self.python = self.said.partition("Paste into Python (pip install pyarrow):\n")[2]
        self.location = re.search(r"gateway +(grpc\+tls://\S+)", self.said)[1]
        self.certificate = Path(re.search(r'open\("(.*)"\)', self.python)[1])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        with self.child:
            if kind is None:
                self.child.signal(signal.SIGINT)
                assert self.child.wait(10) == 0, self.child.log()


def test_once_lists_the_flights_fetches_one_and_leaves_nothing(scratch, tmp_path):
    done = run_demo("--once", *LISTEN, env=scratch)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"^  (\S+) +\d+ rows", done.stdout, re.MULTILINE) == FLIGHTS
    assert re.search(r"^DoGet sales/orders through the gateway: 10000 rows in 40 batches, \d+ bytes, [\d.]+ ms$",
                     done.stdout, re.MULTILINE), done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_printed_lines_work_as_printed(scratch, tmp_path):
    with RunningDemo(scratch) as demo:
        ran = subprocess.run([sys.executable, "-c", demo.python], capture_output=True, text=True, timeout=30)
        assert ran.returncode == 0, ran.stderr
        *listed, orders = ran.stdout.strip().splitlines()
        assert [line.split()[0] for line in listed] == FLIGHTS
        assert len(eval(orders, {"datetime": __import__("datetime"), "Decimal": __import__("decimal").Decimal,
                                 "zoneinfo": __import__("zoneinfo")})["id"]) == 5
    assert list(tmp_path.iterdir()) == []


def test_the_adbc_driver_trusts_the_certificate_too(scratch):
    with RunningDemo(scratch) as demo:
        options = {"adbc.flight.sql.client_option.tls_root_certs": demo.certificate.read_text()}
        with adbc_driver_flightsql.dbapi.connect(demo.location, db_kwargs=options, autocommit=True) as connection:
            with connection.cursor() as cursor:
                cursor.execute('SELECT * FROM "sales/orders"')
                assert cursor.fetch_arrow_table().num_rows == 10_000


def test_nobody_else_can_read_the_key(scratch):
    with RunningDemo(scratch) as demo:
        key = demo.certificate.with_name("key.pem")
        assert key.stat().st_mode & 0o777 == 0o600


def test_an_address_in_use_is_one_clear_line_and_leaves_nothing(scratch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run_demo("--once", "--listen", address, env=scratch)
    assert (done.returncode, done.stdout) == (1, "") and address in one_line(done.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("listen", ["0.0.0.0:8815", "nowhere", "192.0.2.1:1", "127.0.0.1:99999"])
def test_a_demo_listens_on_this_machine_alone(listen, scratch):
    done = run_demo("--once", "--listen", listen, env=scratch)
    assert (done.returncode, done.stdout) == (2, "") and listen in one_line(done.stderr)


def test_make_demo_builds_and_shows_it():
    done = subprocess.run(["make", "demo", "ARGS=--once --listen 127.0.0.1:0"], cwd=ROOT, capture_output=True, text=True,
                          timeout=900)
    assert done.returncode == 0, done.stderr
    assert "DoGet sales/orders through the gateway: 10000 rows" in done.stdout
