"""Starts, watches and stops `jetway` through its public surface only: flags, ports, signals, exit codes."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from .process import Child
from .rawframes import RawClient, tls_context

BINARY = Path(os.environ.get("JETWAY_BINARY", Path(__file__).parents[3] / ".build/release/jetway"))
READY = "listening on "


class Listener(Child):
    """A `jetway` that serves on a port of its own.

    `command` is its subcommand with all but what says where; `prefix` a command that runs it, such as `setpriv`.
    """

    def __init__(self, *command, tls=None, authority=None, threads=1, log_level="info", prefix=()):
        self.tls, self.authority = tls, authority
        command = [*prefix, BINARY, *command, "--listen", "127.0.0.1:0", "--threads", threads, "--log-level", log_level]
        if tls:
            command += ["--tls-certificate", tls.certificate, "--tls-key", tls.key]
        super().__init__(command, ready=READY)
        self.location = self.first_line[len(READY) :].strip()
        match = re.fullmatch(r"grpc(\+tls|\+tcp)?://127\.0\.0\.1:(\d+)", self.location)
        assert match, f"an unexpected first line: {self.first_line!r}"
        assert (match[1] == "+tls") == bool(tls), f"the location does not say whether there is TLS: {self.location}"
        self.port = int(match[2])

    def connect(self, settings=(), **options):
        """A raw client connection."""
        if self.tls and "tls" not in options:
            options["tls"] = tls_context(self.authority)
        return RawClient.connect(self.port, settings, **options)

    def dial(self, **options):
        """A raw connection on which nothing was said yet."""
        if self.tls and "tls" not in options:
            options["tls"] = tls_context(self.authority)
        return RawClient.dial(self.port, **options)

    def assert_alive(self):
        assert self.alive, f"it ended with {self.process.returncode}; its log:\n{self.log()}"

    def stop(self, timeout=10):
        """SIGTERM; the exit code has to be 0."""
        self.assert_alive()
        self.signal(signal.SIGTERM)
        try:
            code = self.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not stop within {timeout} s of SIGTERM; its log:\n{self.log()}") from None
        assert code == 0, f"it ended with {code}; its log:\n{self.log()}"

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop()
        finally:
            super().__exit__()


class Gateway(Listener):
    """`jetway serve` in front of one upstream."""

    def __init__(self, upstream, *, limits=None, arguments=(), **options):
        limits = {"downstream.drainGrace": "1s", "downstream.drainHardStop": "2s", **(limits or {})}
        chosen = [word for key, value in limits.items() for word in ("--limit", f"{key}={value}")]
        super().__init__("serve", "--upstream", upstream, *chosen, *arguments, **options)


def refused(*arguments, timeout=20):
    """Runs the command that is expected to end by itself; (exit code, standard output, standard error)."""
    done = subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True, timeout=timeout)
    return done.returncode, done.stdout, done.stderr


def one_line(text):
    """The message of a failed command without what follows it on usage."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("Usage:", "  ", "Help:"))]
    assert len(lines) == 1, f"not one clear line: {text!r}"
    return lines[0]


def until(condition, timeout=5, step=0.02):
    """Polls something that gives no event (a figure of /proc, a counter behind an action); its last value."""
    deadline = time.monotonic() + timeout
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(step)
    return value
