"""Programs that a measurement starts: each is ended by its own handle, and every wait is bounded."""

from __future__ import annotations

import json
import os
import random
import select
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any


class ProgramError(RuntimeError):
    """A program did not start, answer or end as it should."""


def free_port() -> int:
    """A loopback port that nobody uses, below those that the kernel gives to outgoing connections: the loads make
    thousands of them, and none shall take the port before its program does."""
    for port in random.sample(range(16384, 32768), 64):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ProgramError("there is no free port")


class Program:
    """A running program with a log for its standard error and lines on its standard output."""

    def __init__(self, name: str, command: Sequence[str], folder: Path):
        self.name = name
        self.log = folder / f"{name}.log"
        self._buffer = b""
        with self.log.open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    list(command), cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
                )
            except OSError as error:
                raise ProgramError(f"{name} cannot be started: {error.strerror}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def line(self, seconds: float) -> str:
        """The next line of standard output."""
        deadline = time.monotonic() + seconds
        descriptor = self._process.stdout.fileno()
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise self.failure(f"said nothing for {seconds:.0f} s")
            piece = os.read(descriptor, 65536)
            if not piece:
                raise self.failure("ended without an answer")
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.decode()

    def json_line(self, seconds: float) -> dict[str, Any]:
        return json.loads(self.line(seconds))

    def port(self, seconds: float = 20) -> int:
        """The port in a line such as `listening PORT` or `listening on grpc://HOST:PORT`."""
        line = self.line(seconds)
        if not line.startswith("listening"):
            raise self.failure(f"said {line!r}, not where it listens")
        return int(line.replace(":", " ").split()[-1])

    def say(self, text: str) -> None:
        self._process.stdin.write(text.encode() + b"\n")
        self._process.stdin.flush()

    def wait_for_port(self, port: int, seconds: float = 20) -> None:
        """Waits until the program accepts connections."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.running:
                raise self.failure("ended before it listened")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.002)  # the time until this is measured
        raise self.failure(f"does not listen after {seconds:.0f} s")

    def end(self, seconds: float = 10) -> None:
        """Closes the input of a helper, then asks it to stop, then stops it."""
        if not self._process.stdin.closed:
            self._process.stdin.close()
        if self.running:
            self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def finish(self, seconds: float = 10) -> None:
        """Closes the input of a helper and waits until it ends by itself."""
        self._process.stdin.close()
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self.failure("does not end") from None
        if code != 0:
            raise self.failure(f"ended with {code}")

    def failure(self, problem: str) -> ProgramError:
        tail = self.log.read_text(errors="replace")[-600:].strip()
        return ProgramError(f"{self.name} {problem}" + (f": {tail}" if tail else ""))


def run(name: str, command: Sequence[str], folder: Path, seconds: float, given: str = "") -> str:
    """Runs a program to its end, with `given` on its standard input, and gives its standard output."""
    try:
        done = subprocess.run(
            list(command), cwd=folder, capture_output=True, text=True, timeout=seconds, input=given
        )
    except subprocess.TimeoutExpired:
        raise ProgramError(f"{name} did not end within {seconds:.0f} s") from None
    if done.returncode != 0:
        raise ProgramError(f"{name} failed: {done.stderr[-600:].strip() or done.stdout[-600:].strip()}")
    return done.stdout


def run_json(name: str, command: Sequence[str], folder: Path, seconds: float) -> dict[str, Any]:
    return json.loads(run(name, command, folder, seconds).splitlines()[-1])
