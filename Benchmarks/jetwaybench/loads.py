"""The loads: what runs through a proxy, with how much, and the proof that it all arrived."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import native
from .arrow_files import FLIGHT_BYTES, FLIGHT_ROWS, make_files
from .configurations import Certificate
from .credentials import Credentials
from .messages import Messages, make_messages
from .processes import Program, ProgramError, run, run_json

_HERE = Path(__file__).parent
_GET_FLIGHT_INFO = "/arrow.flight.protocol.FlightService/GetFlightInfo"
# What Flight clients offer first on machines with AES instructions, and so what all loads use.
_CIPHER = "TLS_AES_256_GCM_SHA384"
# Seconds after which a load has failed.
_LIMIT = 120.0


@dataclass(frozen=True)
class Tools:
    """What the loads are made with."""

    folder: Path
    flights: Path
    messages: Messages
    native_upstream: Path
    native_client: Path
    native_concurrent: Path
    credentials: Credentials


def make_tools(folder: Path, batch_sizes: list[int], jetway: Path | None) -> Tools:
    return Tools(
        folder=folder,
        flights=make_files(folder),
        messages=make_messages(folder, batch_sizes),
        native_upstream=native.build("flight_upstream"),
        native_client=native.build("flight_client"),
        native_concurrent=native.build("concurrent_calls"),
        credentials=Credentials(folder, jetway),
    )


def start_native_upstream(tools: Tools) -> tuple[Program, int]:
    messages = tools.messages
    batches = [f"{size}:{path}" for size, path in messages.batches.items()]
    command = [str(tools.native_upstream), str(messages.info), str(messages.schema), *batches]
    return _started("native-upstream", command, tools.folder)


def upstream_figures(upstream: Program) -> dict[str, Any]:
    """What a native upstream has counted so far."""
    upstream.say("stats")
    return upstream.json_line(10)


def start_flight_upstream(tools: Tools, certificate: Certificate | None = None) -> tuple[Program, int]:
    pair = [str(certificate.certificate), str(certificate.key)] if certificate else []
    return _started("pyarrow-upstream", [sys.executable, str(_HERE / "flight_server.py"), *pair], tools.folder)


def _started(name: str, command: list[str], folder: Path) -> tuple[Program, int]:
    program = Program(name, command, folder)
    try:
        return program, program.port()
    except ProgramError:
        program.end()
        raise


@dataclass(frozen=True)
class Batches:
    """What a transfer moves: `count` batches of `rows` rows on each of `streams` streams."""

    rows: int
    count: int = 1
    streams: int = 1
    shared: bool = False


def transfer(tools: Tools, work: str, port: int, batches: Batches, ca: Path | None) -> dict[str, Any]:
    """A work of `flight_client.py` with pyarrow; every row is counted at the far end."""
    url = f"grpc+tls://localhost:{port}" if ca else f"grpc://127.0.0.1:{port}"
    command = [sys.executable, str(_HERE / "flight_client.py"), work, url]
    command += ["--rows", str(batches.rows), "--count", str(batches.count), "--streams", str(batches.streams)]
    command += (["--shared"] if batches.shared else []) + (["--ca", str(ca)] if ca else [])
    return run_json("pyarrow client", command, tools.folder, _LIMIT)


def read_flight(tools: Tools, port: int, name: str, gigabytes: float) -> dict[str, Any]:
    """Reads one of the flights over Arrow files as often as that makes `gigabytes`, at least once."""
    count = max(1, round(gigabytes * 1e9 / FLIGHT_BYTES))
    command = [sys.executable, str(_HERE / "flight_client.py"), "file", f"grpc://127.0.0.1:{port}"]
    command += ["--rows", str(FLIGHT_ROWS), "--count", str(count), "--flight", name]
    return run_json("pyarrow client", command, tools.folder, _LIMIT)


def _native_command(tools: Tools, work: str, port: int, count: int, ca: Path | None) -> list[str]:
    command = [str(tools.native_client), work, str(port), str(count)]
    command += [str(tools.messages.descriptor), str(tools.messages.info)]
    return command + ([str(ca)] if ca else [])


def sequential_calls(
    tools: Tools, port: int, calls: int, ca: Path | None = None, seconds: float = _LIMIT
) -> dict[str, Any]:
    """GetFlightInfo with one call in flight; every status and every byte of the replies is compared."""
    return run_json("native client", _native_command(tools, "calls", port, calls, ca), tools.folder, seconds)


def connections(tools: Tools, port: int, count: int, ca: Path | None = None) -> dict[str, Any]:
    """Connections one after another with one call each; with TLS every handshake is a full one."""
    return run_json("native client", _native_command(tools, "connect", port, count, ca), tools.folder, _LIMIT)


def idle_connections(tools: Tools, port: int, count: int, ca: Path | None = None) -> Program:
    """Connections that rest after one call each; the caller ends the program."""
    return Program("idle-connections", _native_command(tools, "idle", port, count, ca), tools.folder)


def concurrent_calls(tools: Tools, port: int, calls: int, tls: bool = False) -> dict[str, Any]:
    """GetFlightInfo with 4 connections of 32 calls each, by h2load.

    h2load sees HTTP status only. A call that fails in gRPC carries no message, so the sum of the reply bytes proves
    that all of them succeeded.
    """
    log = tools.folder / "h2load.log"
    log.unlink(missing_ok=True)
    headers = ["content-type: application/grpc", "te: trailers", "user-agent: grpc-c++/bench"]
    headers.append("grpc-accept-encoding: identity, deflate, gzip")
    command = ["h2load", "-n", str(calls), "-c", "4", "-m", "32", "-t", "1", "-d", str(tools.messages.request)]
    command += [word for header in headers for word in ("-H", header)]
    command += [f"--tls13-ciphers={_CIPHER}"] if tls else []
    origin = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
    command += [f"--log-file={log}", f"{origin}{_GET_FLIGHT_INFO}"]
    output = run("h2load", command, tools.folder, _LIMIT)
    succeeded = int(_number(r"(\d+) succeeded", output))
    data = int(_number(r"\((\d+)\) data", output))
    expected = calls * (5 + tools.messages.info.stat().st_size)
    if succeeded != calls or data != expected:
        raise ProgramError(f"{succeeded} of {calls} calls succeeded, {data} of {expected} reply bytes")
    rows = [[int(word) for word in line.split("\t")] for line in log.read_text().splitlines()]
    times = sorted(took for _, _, took in rows)
    seconds = (max(begun + took for begun, _, took in rows) - min(begun for begun, _, _ in rows)) / 1e6
    return {
        "calls": calls,
        "seconds": seconds,
        "p50_us": times[len(times) // 2],
        "p99_us": times[len(times) * 99 // 100],
    }


def concurrent_calls_with(
    tools: Tools, port: int, calls: int, fields: str, credentials: Path | None, first: int = 0
) -> dict[str, Any]:
    """The same by a native client, where each call may have a credential of its own: the lines of a file in turn,
    beginning with number `first`. `fields` is `repeated` or `varied`: each call then has another `traceparent`. Every
    status and every byte of the replies is compared."""
    command = [str(tools.native_concurrent), str(port), str(calls)]
    command += [str(tools.messages.descriptor), str(tools.messages.info), fields]
    command += [str(credentials), str(first)] if credentials else []
    return run_json("native client", command, tools.folder, _LIMIT)


def _number(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if not found:
        raise ProgramError(f"h2load's output has no {pattern}")
    return found.group(1)


def stall(tools: Tools, port: int, ticket: str, streams: int, kind: str, milliseconds: int) -> Program:
    """DoGet streams that are read for a time and then no more; the caller ends the program."""
    command = [str(tools.native_client), "stall", str(port), str(streams), ticket, kind, str(milliseconds)]
    return Program("stalled-readers", command, tools.folder)
