"""The loads: what runs through a proxy, with how much, and the proof that it all arrived."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .messages import Messages
from .processes import Program, ProgramError, run, run_json

_HERE = Path(__file__).parent
_NATIVE = _HERE.parent / "native"
_GET_FLIGHT_INFO = "/arrow.flight.protocol.FlightService/GetFlightInfo"
LIMIT = 600.0


@dataclass(frozen=True)
class Tools:
    """What the loads are made with."""

    folder: Path
    messages: Messages
    native_upstream: Path
    native_client: Path


def build_native(name: str) -> Path:
    """Compiles a helper program if its sources are newer."""
    output = _HERE.parent / ".build" / name
    sources = [_NATIVE / f"{name}.c", _NATIVE / "common.h"]
    if output.exists() and all(output.stat().st_mtime >= source.stat().st_mtime for source in sources):
        return output
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise ProgramError("no C compiler: install gcc")
    output.parent.mkdir(exist_ok=True)
    command = [compiler, "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", str(output), str(sources[0])]
    done = subprocess.run([*command, "-lnghttp2"], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise ProgramError(f"cannot compile {name} (Debian package libnghttp2-dev is needed): {done.stderr[-600:]}")
    return output


def start_native_upstream(tools: Tools) -> tuple[Program, int]:
    messages = tools.messages
    batches = [f"{size}:{path}" for size, path in messages.batches.items()]
    command = [str(tools.native_upstream), str(messages.info), str(messages.schema), *batches]
    upstream = Program("native-upstream", command, tools.folder)
    return upstream, upstream.port()


def start_flight_upstream(tools: Tools) -> tuple[Program, int]:
    upstream = Program("pyarrow-upstream", [sys.executable, str(_HERE / "flight_server.py")], tools.folder)
    return upstream, upstream.port()


def transfer(tools: Tools, work: str, port: int, batches: int, connections: int, ca: Path | None) -> dict[str, Any]:
    """DoGet (`get`) or DoPut (`put`) with pyarrow; every row is counted at the far end."""
    url = f"grpc+tls://localhost:{port}" if ca else f"grpc://127.0.0.1:{port}"
    command = [sys.executable, str(_HERE / "flight_client.py"), work, url, str(batches), str(connections)]
    result = run_json("pyarrow client", command + ([str(ca)] if ca else []), tools.folder, LIMIT)
    return {"bytes": result["bytes"], "seconds": result["seconds"]}


def sequential_calls(tools: Tools, port: int, calls: int) -> dict[str, Any]:
    """GetFlightInfo with one call in flight; every status and every byte of the replies is compared."""
    command = [str(tools.native_client), "calls", str(port), str(calls)]
    command += [str(tools.messages.descriptor), str(tools.messages.info)]
    return run_json("native client", command, tools.folder, LIMIT)


def concurrent_calls(tools: Tools, port: int, calls: int) -> dict[str, Any]:
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
    command += [f"--log-file={log}", f"http://127.0.0.1:{port}{_GET_FLIGHT_INFO}"]
    output = run("h2load", command, tools.folder, LIMIT)
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


def _number(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if not found:
        raise ProgramError(f"h2load's output has no {pattern}")
    return found.group(1)


def stall(tools: Tools, port: int, ticket: str, streams: int, kind: str, milliseconds: int) -> Program:
    """DoGet streams that are read for a time and then no more; the caller ends the program."""
    command = [str(tools.native_client), "stall", str(port), str(streams), ticket, kind, str(milliseconds)]
    return Program("stalled-readers", command, tools.folder)
