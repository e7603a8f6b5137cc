"""Compiles the helper programs in `native/` when their sources are newer."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .processes import ProgramError

_ROOT = Path(__file__).parent.parent
_SOURCES = _ROOT / "native"


def grpc_version() -> str | None:
    """The version of the installed gRPC C++, None if it cannot be compiled with."""
    if not shutil.which("pkg-config"):
        return None
    command = ["pkg-config", "--modversion", "grpc++"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    return done.stdout.strip() if done.returncode == 0 else None


def build(name: str) -> Path:
    """The program of `native/NAME.c` or `native/NAME.cc`."""
    output = _ROOT / ".build" / name
    in_cpp = (_SOURCES / f"{name}.cc").exists()
    source = _SOURCES / (f"{name}.cc" if in_cpp else f"{name}.c")
    sources = [source, *_SOURCES.glob("*.h")]
    if output.exists() and all(output.stat().st_mtime >= each.stat().st_mtime for each in sources):
        return output
    compilers = ("c++", "g++", "clang++") if in_cpp else ("cc", "gcc", "clang")
    compiler = next((path for path in map(shutil.which, compilers) if path), None)
    if compiler is None:
        raise ProgramError(f"no compiler for {source.name}: install {'g++' if in_cpp else 'gcc'}")
    output.parent.mkdir(exist_ok=True)
    command = [compiler, "-O2", "-std=c++17" if in_cpp else "-std=gnu11", "-Wall", "-Wextra", "-Werror"]
    command += ["-o", str(output), str(source), *_libraries(in_cpp)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise ProgramError(f"cannot compile {source.name}: run Benchmarks/install-peers. {done.stderr[-600:]}")
    return output


def _libraries(in_cpp: bool) -> list[str]:
    if not in_cpp:
        return ["-lnghttp2", "-lssl", "-lcrypto"]
    command = ["pkg-config", "--cflags", "--libs", "grpc++"]
    return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.split()
