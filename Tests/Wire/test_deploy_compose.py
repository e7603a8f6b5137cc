"""deploy/compose.yaml: its commands, run on this machine's loopback, do together what deploy/README.md shows."""

import contextlib
import json
import re
import signal
import subprocess
import sys

import pyarrow.flight as flight
import pytest
import yaml

from harness.gateway import BINARY, READY
from harness.image import PROJECT, stages
from harness.process import Child

SERVICES = yaml.safe_load((PROJECT / "deploy/compose.yaml").read_text())["services"]
GATEWAYS = {name: service for name, service in SERVICES.items() if service["image"] == "jetway"}
SERVERS = {name: service for name, service in SERVICES.items() if name not in GATEWAYS}


def image(server):
    """The one stage of the Dockerfile that a server's service has in line."""
    (stage,) = stages(server["build"]["dockerfile_inline"])
    return stage


def start(program, service, addresses):
    """Runs a service's command. It listens on any port of loopback and finds other services by `addresses`."""
    moved = [re.sub(r"0\.0\.0\.0:\d+", "127.0.0.1:0", word) for word in map(str, service["command"])]
    moved = [re.sub(r"//(\w+:\d+)", lambda found: "//" + addresses[found[1]], word) for word in moved]
    return Child([*program, *moved], ready=READY)


def start_server(service):
    program, script = json.loads(image(service).only("ENTRYPOINT"))
    assert (program, image(service).only("COPY")) == ("python", f"{script[1:]} /")
    return start([sys.executable, PROJECT / "deploy" / script[1:]], service, {})


def listening(child):
    return child.first_line.removeprefix(f"{READY}grpc://")


@pytest.fixture
def composition():
    """All services, started; the gateways' addresses by the port that is published for them."""
    with contextlib.ExitStack() as stack:
        addresses, published = {}, {}
        for name, service in SERVERS.items():
            server = stack.enter_context(start_server(service))
            (port,) = [word.rpartition(":")[2] for word in service["command"] if word.startswith("0.0.0.0:")]
            addresses[f"{name}:{port}"] = listening(server)
        for service in GATEWAYS.values():
            gateway = stack.enter_context(start([BINARY], service, addresses))
            (port,) = service["ports"]
            published[port.split(":")[1]] = listening(gateway)
        yield published


def test_a_client_finds_each_server_behind_its_gateway(composition):
    (sample,) = re.findall(r"^```python\n(.*?)^```$", (PROJECT / "deploy/README.md").read_text(), re.M | re.S)
    promised = [line.removeprefix("# ") for line in sample.splitlines() if line.startswith("# ")]
    ports = {port: address.rpartition(":")[2] for port, address in composition.items()}
    moved = re.sub("|".join(ports), lambda port: ports[port[0]], sample)
    done = subprocess.run([sys.executable, "-c", moved], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    back = {here: port for port, here in ports.items()}
    assert [re.sub(r"^\d+", lambda port: back[port[0]], line) for line in done.stdout.splitlines()] == promised


def test_the_servers_keep_uploads_and_know_what_they_do_not_have(composition):
    for address in composition.values():
        with flight.connect(f"grpc://{address}") as client:
            (before,) = client.list_flights()
            table = client.do_get(before.endpoints[0].ticket).read_all()
            descriptor = flight.FlightDescriptor.for_path("copy")
            writer, _ = client.do_put(descriptor, table.schema)
            with writer:
                writer.write_table(table)
            assert client.do_get(client.get_flight_info(descriptor).endpoints[0].ticket).read_all() == table
            with pytest.raises(KeyError, match="nothing"):
                client.get_flight_info(flight.FlightDescriptor.for_path("nothing"))


@pytest.mark.parametrize("name", SERVERS)
def test_the_servers_stop_when_they_are_told(name):
    with start_server(SERVERS[name]) as server:
        server.signal(signal.SIGTERM)
        assert server.wait(10) == 0, server.log()


def test_the_composition_is_confined_and_reached_from_this_machine_only():
    assert len(GATEWAYS) == len(SERVERS) == 2
    for service in SERVICES.values():
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    for service in GATEWAYS.values():
        build = service["build"]
        (port,) = service["ports"]
        assert f"0.0.0.0:{port.rpartition(':')[2]}" in service["command"]
        assert (PROJECT / "deploy" / build["context"] / build["dockerfile"]).samefile(PROJECT / "deploy/Dockerfile")
    for service in SERVERS.values():
        assert image(service).only("USER") == "65532:65532"


def test_the_servers_have_the_pyarrow_that_the_tests_have():
    pinned = re.findall(r"^pyarrow==.*$", (PROJECT / "Tests/Wire/requirements.txt").read_text(), re.M)
    assert [image(service).only("RUN").split()[-1] for service in SERVERS.values()] == pinned * len(SERVERS)
