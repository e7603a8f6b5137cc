"""What deploy/README.md and the files beside it say of the gateway."""

import re
import shlex
import subprocess

import pytest

from harness.gateway import BINARY
from harness.image import PROJECT

FOLDER = PROJECT / "deploy"
README = (FOLDER / "README.md").read_text()
# Where it is said for how long a gateway that was told to stop is waited for.
PATIENCE = {
    "README.md": r"--stop-timeout (\d+) ",
    "compose.yaml": r"^  stop_grace_period: (\d+)s$",
    "jetway.service": r"^TimeoutStopSec=(\d+)s$",
}


def limits(arguments):
    """The limits of a gateway that would be started with these arguments."""
    done = subprocess.run([BINARY, *arguments, "--list-limits"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return dict(line.split("=") for line in done.stdout.splitlines())


def test_the_gateway_takes_the_command_of_the_documentation():
    (command,) = re.findall(r"`jetway (serve [^`]*)`", README)
    assert limits(shlex.split(command))


def build_of(text):
    """The options of the one `swift build` of the gateway in a text."""
    (line,) = re.findall(r"^(?:RUN )?swift build (.*--product jetway.*)$", text, re.MULTILINE)
    return set(re.sub(r"--scratch-path \S+", "", line).split())


def test_it_is_built_for_a_host_as_it_is_for_the_image():
    assert build_of(README) == build_of((FOLDER / "Dockerfile").read_text())


def test_the_packages_to_build_with_are_those_of_the_image_and_of_make():
    (line,) = re.findall(r"apt-get install --yes (lib.*)$", README, re.MULTILINE)
    packages = set(line.split())
    image = (FOLDER / "Dockerfile").read_text().replace("\\\n", " ")
    assert packages == set(re.findall(r"\b\S+-dev\b", image))
    assert packages == set(re.findall(r"packages\+=\((\S+-dev)\)", (PROJECT / "scripts/setup").read_text()))


@pytest.mark.parametrize("file", PATIENCE)
def test_the_gateway_ends_by_itself_before_it_is_killed(file):
    (seconds,) = re.findall(PATIENCE[file], (FOLDER / file).read_text(), re.MULTILINE)
    defaults = limits(["serve", "--listen", "127.0.0.1:0", "--upstream", "grpc://127.0.0.1:9"])
    assert defaults["downstream.drainHardStop"] == "1m" and int(seconds) > 60


def test_the_engine_is_given_files_that_are_there():
    files = re.findall(r"^docker .*--file (\S+)", README, re.MULTILINE)
    assert len(files) == 2 and not [file for file in files if not (PROJECT / file).is_file()]
