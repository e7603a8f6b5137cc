"""A pytest plugin for pyarrow's own Flight tests: every client dials a gateway in front of the server that it names.

Loaded with `-p harness.suite_plugin` into a pytest that runs pyarrow's test files. WIRE_SUITE=direct changes nothing; with
`gateway` it is transparent, with `anonymous` and `passthrough` it has a configuration with that method of authentication.
A client's location is replaced by that of a `jetway serve` whose upstream is the original one; gateways are shared by
location within a test. With TLS the gateway shows the pair that the tests' server shows (ARROW_TEST_DATA).
"""

import os
import re
import shutil
import tempfile
import urllib.parse
from pathlib import Path

import pyarrow.flight as flight
import pytest

from .certs import Pair
from .configured import Site
from .gateway import Gateway

GATEWAYS = {}
DIALLED = []
RESULTS = Path(os.environ["WIRE_SUITE_RESULTS"])
SUITE = os.environ["WIRE_SUITE"]


def gateway_location(location, override):
    """The location to dial instead of `location`."""
    if isinstance(location, tuple):
        host, port = location
        uri = f"grpc+tls://{host}:{port}" if override.get("tls_root_certs") or override.get("disable_server_verification") \
            else f"grpc://{host}:{port}"
    else:
        raw = location.uri if isinstance(location, flight.Location) else location
        uri = raw.decode() if isinstance(raw, bytes) else raw
    parsed = urllib.parse.urlparse(uri)
    if parsed.scheme not in ("grpc", "grpc+tcp", "grpc+tls", "grpc+unix"):
        return location  # not a location at all: the client itself has to say so
    if uri not in GATEWAYS:
        GATEWAYS[uri] = start_gateway(re.sub(r"^grpc\+tcp", "grpc", uri))
    DIALLED.append(uri)
    scheme = "grpc+tls" if parsed.scheme == "grpc+tls" else "grpc"
    return f"{scheme}://localhost:{GATEWAYS[uri].port}"


def start_gateway(upstream):
    folder = Path(os.environ["ARROW_TEST_DATA"]) / "flight"
    pair = Pair(folder / "cert0.pem", folder / "cert0.key") if upstream.startswith("grpc+tls") else None
    if SUITE == "gateway":
        return Gateway(upstream, tls=pair, arguments=["--upstream-insecure"] if pair else [])
    site = Site(Path(tempfile.mkdtemp(prefix="wire-suite-")))
    listener, options = {"address": "127.0.0.1:0"}, {}
    if pair:
        listener["tls"] = {"certificates": [{"certificate": str(pair.certificate), "key": str(pair.key)}]}
        options["tls"] = {"ca": str(folder / "root-ca.pem"), "serverName": "localhost"}
    method = {"type": "anonymous", "subject": "guest"} if SUITE == "anonymous" else {"type": "passthrough"}
    credentials = {"type": "passthrough"} if SUITE == "passthrough" else None
    site.configure(upstream, [method], listeners=[listener], credentials=credentials, upstream_options=options)
    return site.start()


class GatewayClient(flight.FlightClient):
    """pyarrow's client, with another address."""

    def __init__(self, location, *args, **options):
        super().__init__(gateway_location(location, options), *args, **options)


def pytest_configure(config):
    if SUITE != "direct":
        flight.FlightClient = GatewayClient
        flight.connect = GatewayClient


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        write(report.outcome, report.nodeid.rpartition("::")[2])


def write(first, second):
    with RESULTS.open("a") as results:
        results.write(f"{first}\t{second}\n")


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """Gateways end with the test that dialled them: a port that one still holds might be given to the next server.

    The asynchronous tests share one client for all of their module.
    """
    if item.module.__name__.endswith("async") and nextitem is not None:
        return
    for uri, gateway in GATEWAYS.items():
        if not gateway.alive:
            write("died", f"{uri} {gateway.log(500)!r}")
        gateway.kill()
        gateway.remove_log()
        if SUITE != "gateway":
            shutil.rmtree(gateway.file.parent)
    GATEWAYS.clear()


def pytest_sessionfinish():
    write("dialled", len(DIALLED))
