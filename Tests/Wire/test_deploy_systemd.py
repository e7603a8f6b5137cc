"""deploy/jetway.service: what systemd says of it, and the gateway under it."""

import contextlib
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pyarrow.flight as flight
import pytest

from harness.flightserver import stream_ticket
from harness.gateway import BINARY, READY, until
from harness.image import PROJECT, static_binary
from harness.systemd import Systemd, obstacle

UNIT = PROJECT / "deploy/jetway.service"
README = (PROJECT / "deploy/README.md").read_text()


def analyze(*arguments):
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    # The program has to be where the unit says; it is not installed here.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/usr/local/bin/jetway", str(BINARY)))
    assert analyze("verify", "--man=no", unit) == (0, "", "")


def test_T62_the_unit_is_exposed_by_at_most_2_of_10():
    code, table, errors = analyze("security", "--offline=true", "--no-pager", "--threshold=20", UNIT)
    assert (code, errors) == (0, ""), table


class Service:
    """Installed in a systemd of its own by the commands of deploy/README.md, with other addresses."""

    def __init__(self, systemd, server, pair):
        self.systemd, self.output = systemd, systemd.shared / "jetway.log"
        shutil.copytree(UNIT.parent, systemd.shared / "deploy")
        shutil.copyfile(pair.certificate, systemd.shared / "cert.pem")
        shutil.copyfile(pair.key, systemd.shared / "key.pem")
        environment = systemd.shared / "deploy/jetway.env"
        environment.write_text(
            environment.read_text()
            .replace("=0.0.0.0:8815\n", "=127.0.0.1:0\n")
            .replace("=grpc://127.0.0.1:9000\n", f"={server.location}\n")
        )
        (block,) = re.findall(r"^```\n(swift build .*?)^```$", README, re.M | re.S)
        build, *commands = block.splitlines()
        built = systemd.shared / re.search(r"--scratch-path (\S+)", build)[1] / "release/jetway"
        built.parent.mkdir(parents=True)
        shutil.copyfile(static_binary(), built)
        self.edit("output", f"[Service]\nStandardOutput=append:/mnt/{self.output.name}\nStandardError=inherit\n")
        systemd.run("\n".join(['sudo() { "$@"; }', *commands]))

    def edit(self, name, text):
        """What `systemctl edit` does."""
        (self.systemd.shared / name).write_text(text)
        folder = "/etc/systemd/system/jetway.service.d"
        self.systemd.run(f"install -D --mode=644 {name} {folder}/{name}.conf; systemctl daemon-reload")

    def set(self, name, value):
        """Changes the environment's file; what is said last counts."""
        self.systemd.run(f"echo {name}={value} >>/etc/jetway/jetway.env")

    def show(self, *names):
        """Properties of the unit."""
        lines = self.systemd.run(f"systemctl show jetway --property={','.join(names)}").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def location(self, start=1):
        """Where it listens after so many starts."""

        def listening():
            lines = self.output.read_text().splitlines() if self.output.exists() else []
            return [line.removeprefix(READY) for line in lines if line.startswith(READY)][start - 1 :]

        found = until(listening, timeout=20)
        assert found, self.systemd.log()
        return found[0]


@pytest.fixture
def service(flight_server, pair):
    if reason := obstacle():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory() as folder, Systemd(Path(folder)) as systemd:
        yield Service(systemd, flight_server, pair)


def assert_serves(location, authority):
    assert location.startswith("grpc+tls://")
    with flight.connect(location, tls_root_certs=authority.path.read_bytes()) as client:
        assert client.do_get(stream_ticket(batches=20)).read_all().num_rows == 20 * 8_192


def test_T62_the_gateway_serves_in_the_units_sandbox_and_stops(service, authority):
    assert_serves(service.location(), authority)
    (process,) = service.systemd.processes("jetway.service")
    state = dict(re.findall(r"^(\w+):\s+(.*)$", Path(f"/proc/{process}/status").read_text(), re.M))
    assert "0" not in state["Uid"].split() and int(state["CapBnd"], 16) == 0
    assert (state["NoNewPrivs"], state["Seccomp"]) == ("1", "2")
    service.systemd.run("systemctl stop jetway")
    assert service.show("Result", "ExecMainStatus") == {"Result": "success", "ExecMainStatus": "0"}


def test_a_gateway_that_was_killed_is_started_again(service, authority):
    assert_serves(service.location(), authority)
    service.systemd.run("systemctl kill --signal=SIGKILL jetway")
    assert_serves(service.location(start=2), authority)


def test_wrong_use_is_not_tried_again(service):
    service.set("JETWAY_OPTIONS", "--no-such-flag")
    service.systemd.run("systemctl restart jetway || true")
    assert until(lambda: service.show("ActiveState")["ActiveState"] == "failed")
    assert service.show("NRestarts", "ExecMainStatus") == {"NRestarts": "0", "ExecMainStatus": "2"}


def low_port():
    """A port below 1024 that is free."""
    for port in range(1023, 511, -1):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("all ports below 1024 are taken")


def test_the_settings_of_the_documentation_give_the_gateway_a_low_port(service, authority):
    (settings,) = re.findall(r"^```\n(\[Service\]\n.*?)^```$", README, re.M | re.S)
    assert_serves(service.location(), authority)
    port = low_port()
    service.set("JETWAY_LISTEN", f"127.0.0.1:{port}")
    service.edit("port", settings)
    service.systemd.run("systemctl restart jetway")
    assert service.location(start=2).endswith(f":{port}")
    assert_serves(service.location(start=2), authority)
