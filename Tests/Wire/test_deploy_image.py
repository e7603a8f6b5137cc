"""The image: what deploy/Dockerfile puts into it, and that the gateway runs on nothing else."""

import contextlib
import json
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import pyarrow.flight as flight
import pytest

from harness.container import USER, Container, obstacle
from harness.flightserver import FlightServer, stream_ticket
from harness.gateway import BINARY, READY
from harness.image import DOCKERFILE, PROJECT, make_root, stages

BUILD, IMAGE = stages(DOCKERFILE.read_text())


@pytest.fixture
def root():
    """The image's root directory, to which tests add what an engine would mount."""
    with tempfile.TemporaryDirectory() as folder:
        yield make_root(Path(folder))


@pytest.fixture
def run(root):
    """Runs the image with arguments, as `docker run` does."""
    if reason := obstacle():
        pytest.skip(reason)
    with contextlib.ExitStack() as stack:
        program = json.loads(IMAGE.only("ENTRYPOINT"))
        yield lambda *arguments, **options: stack.enter_context(Container(root, *program, *arguments, **options))


def read_from(gateway, **options):
    """The rows of one DoGet."""
    with flight.connect(gateway.first_line.removeprefix(READY), **options) as client:
        return client.do_get(stream_ticket(batches=20)).read_all().num_rows


def test_the_image_is_the_gateway_and_what_it_is_linked_to(root):
    assert IMAGE.base == "scratch" and {name for name, _ in IMAGE.instructions}.isdisjoint({"RUN", "ADD"})
    found = {path.name for path in root.rglob("*") if not path.is_dir()}
    (loader,) = [name for name in found if re.fullmatch(r"ld-linux-[\w-]+\.so\.\d", name)]
    libraries = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "libjansson.so.4", "libargon2.so.1",
                 "libcrypt.so.1", "libz.so.1"}
    assert found == {"jetway", "ca-certificates.crt", loader} | libraries
    assert not [path for path in root.rglob("*") if path.is_symlink()]


def test_a_gateway_that_needs_swifts_libraries_does_not_become_an_image(tmp_path):
    done = subprocess.run([PROJECT / "deploy/image-root", BINARY, tmp_path / "root"], capture_output=True, text=True)
    assert done.returncode == 1 and "--static-swift-stdlib" in done.stderr
    assert not (tmp_path / "root").exists()


def test_what_the_build_copies_is_there_and_is_sent_to_the_engine():
    ignored = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {source.rstrip("*") for line in BUILD.all("COPY") for source in line.split()[:-1]}
    assert "*" in ignored and sent == copied
    assert not [source for source in copied if not (PROJECT / source).exists()]


def test_a_container_without_arguments_says_how_the_gateway_is_used(run):
    container = run(*json.loads(IMAGE.only("CMD")))
    assert container.wait(20) == 0
    assert "--upstream" in "\n".join(iter(lambda: container.line(5), None))


def test_the_container_of_the_documentation_serves_and_stops(root, run, flight_server, pair, authority):
    """`docker run` of deploy/README.md with other ports; the server's name is in the /etc/hosts that engines write."""
    readme = (PROJECT / "deploy/README.md").read_text().replace("\\\n", " ")
    words = shlex.split(re.search(r"^docker run (.*)$", readme, re.MULTILINE)[1])
    image = words.index("jetway")
    options, command = words[:image], words[image + 1 :]
    assert "--read-only" in options and IMAGE.only("USER") == f"{USER}:{USER}"

    _, folder, _ = options[options.index("--volume") + 1].split(":")
    mounted = root / folder[1:]
    mounted.mkdir()
    shutil.copyfile(pair.certificate, mounted / "cert.pem")
    shutil.copyfile(pair.key, mounted / "key.pem")
    (root / "etc/hosts").write_text("127.0.0.1 flight.internal\n")
    command[command.index("0.0.0.0:8815")] = "127.0.0.1:0"
    command[command.index("grpc://flight.internal:9000")] = f"grpc://flight.internal:{flight_server.port}"

    gateway = run(*command, ready=READY)
    assert read_from(gateway, tls_root_certs=authority.path.read_bytes()) == 20 * 8_192
    assert gateway.stop() == 0, gateway.log()


def test_in_the_image_an_upstreams_certificate_is_checked_against_the_systems_roots(root, run, pair, authority):
    roots = root / "etc/ssl/certs/ca-certificates.crt"
    assert roots.read_text().count("BEGIN CERTIFICATE") > 50
    with FlightServer(tls=pair) as server:
        command = ["serve", "--listen", "127.0.0.1:0", "--upstream", server.location]
        with pytest.raises(flight.FlightUnavailableError):
            read_from(run(*command, ready=READY))
        with roots.open("a") as file:
            file.write(authority.path.read_text())
        assert read_from(run(*command, ready=READY)) == 20 * 8_192
