"""Dockerfiles, and the root directory that the project's one gives the image, made without an engine."""

import atexit
import functools
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from .gateway import BINARY

PROJECT = Path(__file__).parents[3]
DOCKERFILE = PROJECT / "deploy/Dockerfile"


class Instruction(NamedTuple):
    name: str
    arguments: str


class Stage:
    """FROM and what follows it."""

    def __init__(self, arguments):
        base, *name = arguments.split(" AS ")
        self.base = base
        self.name = name[0] if name else None
        self.instructions = []

    def all(self, name):
        """The arguments of all instructions of a kind."""
        return [instruction.arguments for instruction in self.instructions if instruction.name == name]

    def only(self, name):
        """The arguments of the one instruction of a kind."""
        (arguments,) = self.all(name)
        return arguments


def stages(dockerfile):
    """The stages of a Dockerfile's text."""
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.startswith("#")]
    found = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        instruction = Instruction(*line.split(maxsplit=1))
        if instruction.name == "FROM":
            found.append(Stage(instruction.arguments))
        else:
            found[-1].instructions.append(instruction)
    return found


def make_root(folder):
    """Does in `folder` what the end of the Dockerfile does: the last RUN of the build, and the COPY lines of the image."""
    build, image = stages(DOCKERFILE.read_text())
    _, binary, made = build.all("RUN")[-1].split()
    assert binary == ".build/release/jetway" and Path(made).is_absolute()
    subprocess.run([PROJECT / "deploy/image-root", static_binary(), folder / "build" / made[1:]], check=True)
    root = folder / "root"
    for line in image.all("COPY"):
        origin, source, destination = line.split()
        assert origin == f"--from={build.name}"
        shutil.copytree(folder / "build" / source[1:], root / destination[1:], dirs_exist_ok=True)
    return root


@functools.cache
def static_binary():
    """What `swift build --static-swift-stdlib` makes, in seconds: the build's own objects, linked once more.

    Objects that were compiled for the shared Foundation do not name the parts that the static one is made of.
    """
    folder = Path(tempfile.mkdtemp(prefix="wire-"))
    atexit.register(shutil.rmtree, folder)
    output = folder / "jetway"
    manifest = BINARY.parents[1] / "release.yaml"
    built = f'"-o","{BINARY.resolve()}"'
    commands = re.findall(r"^ *args: (\[.*\])$", manifest.read_text(), re.MULTILINE)
    (link,) = [json.loads(command) for command in commands if built in command]
    link[link.index("-o") + 1] = str(output)
    parts = ["CoreFoundation", "_FoundationCShims", "_FoundationCollections", "_FoundationICU"]
    done = subprocess.run([*link, "-static-stdlib", *(f"-l{part}" for part in parts)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return output
