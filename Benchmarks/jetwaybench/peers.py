"""The proxies and servers that are measured, and how they are started."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .configurations import Certificate, Front
from .processes import Program


@dataclass(frozen=True)
class Peer:
    """A proxy or server: `command` writes its configuration for a front and gives the command line that runs it."""

    name: str
    title: str
    version: str
    command: Callable[[Front], list[str]]
    says_port: bool = False


# Takes part in works as a peer without a program: what clients and upstreams reach with nothing between them.
DIRECT = Peer("direct", "direct, no proxy", "", lambda front: [])


@dataclass(frozen=True)
class RunningPeer:
    """A peer where a load can go. `program` is None if the load goes to the upstream itself."""

    peer: Peer
    port: int
    program: Program | None = None
    start_seconds: float = 0.0


def start(peer: Peer, front: Front) -> RunningPeer:
    """Starts a peer and waits until it listens."""
    begin = time.monotonic()
    program = Program(peer.name, peer.command(front), front.folder)
    try:
        if peer.says_port:
            port = program.port()
        else:
            port = front.listen
            program.wait_for_port(port)
    except Exception:
        program.end()
        raise
    return RunningPeer(peer, port, program, time.monotonic() - begin)


def make_certificate(folder: Path) -> Certificate:
    """A self-signed P-256 certificate for localhost."""
    files = Certificate(folder / "certificate.pem", folder / "key.pem", folder / "combined.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        + ["-keyout", str(files.key), "-out", str(files.certificate)],
        check=True,
        capture_output=True,
        timeout=30,
    )
    files.combined.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
    return files
