"""Works that measure what a proxy costs when nothing moves. Each sample has a new process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import loads, measure
from .peers import RunningPeer
from .processes import Program, ProgramError
from .work import KIB, MIB, PROXIES, Site, Work

STALL_SIZES = {"64 KiB": 64 * KIB, "1 MiB": MIB, "64 MiB": 64 * MIB, "512 MiB": 512 * MIB}
STALL_PHASES = ("from the start", "after fast reading")
STALL_KINDS = ("window", "socket")
_STALLED_STREAMS = 16


@contextmanager
def _ended(program: Program) -> Iterator[Program]:
    try:
        yield program
    finally:
        program.end()


def _idle_cpu(pid: int, seconds: float) -> float:
    """The share of one core in percent over some seconds."""
    before, begin = measure.usage(pid), time.monotonic()
    time.sleep(seconds)
    return measure.usage(pid).since(before).cpu / (time.monotonic() - begin) * 100


class Stalled(Work):
    """Memory of a proxy with 16 DoGet streams on one connection that nobody reads."""

    name = "stalled"
    title = "Stalled readers, 16 DoGet streams on one connection"
    columns = (
        "rss_mib_per_stream",
        "kernel_sockets_mib_per_stream",
        "calls_at_upstream",
        "answered_streams",
        "calls_beside",
    )
    # `stream` copies TCP: what it holds is the kernel's.
    peers = tuple(peer for peer in PROXIES if peer != "nginx-stream")
    cases = tuple(f"{size}, {phase}, {kind}" for kind in STALL_KINDS for phase in STALL_PHASES for size in STALL_SIZES)
    quick_cases = ("1 MiB, from the start, window", "512 MiB, after fast reading, window")
    native_upstream = True
    fresh_peer = True
    # Others hold whole messages, up to 16 of them, so the largest ones are for Jetway alone.
    _for_all = tuple(f"{size}, {phase}, window" for phase in STALL_PHASES for size in ("64 KiB", "64 MiB"))

    def covers(self, peer: str, case: str) -> bool:
        return peer == "jetway" or case in self._for_all

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        loads.sequential_calls(site.tools, peer.port, 100)
        with _ended(loads.stall(site.tools, peer.port, f"{64 * KIB} 16", 1, "window", 200)) as reader:
            reader.json_line(30)
            reader.finish()

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        size_name, phase, kind = case.split(", ")
        size = STALL_SIZES[size_name]
        milliseconds = site.plan.fast_milliseconds if phase == "after fast reading" else 0
        pid = peer.program.pid
        base, sockets = measure.settled_memory(pid, quiet=0.5), measure.socket_memory()
        sent = loads.upstream_figures(site.upstream)
        ticket = f"{size} {max(1, (64 << 30) // size)}"
        with _ended(loads.stall(site.tools, peer.port, ticket, _STALLED_STREAMS, kind, milliseconds)) as readers:
            readers.json_line(30 + milliseconds / 1000)
            now, kernel = measure.settled_memory(pid), measure.socket_memory()
            after = loads.upstream_figures(site.upstream)
            beside = self._calls_beside(site, peer)
            readers.finish()
            end = readers.json_line(1)
        if end["ended"]:
            raise ProgramError(f"{end['ended']} stalled streams were ended")
        share = MIB * _STALLED_STREAMS
        # Who does not read the socket cannot see what was answered.
        seen = {"answered_streams": end["answered"]} if kind == "window" else {}
        return {
            "rss_mib_per_stream": (now.resident - base.resident) / share,
            "anonymous_mib_per_stream": (now.anonymous - base.anonymous) / share,
            "kernel_sockets_mib_per_stream": (kernel - sockets) / share,
            "memory_mib_per_stream": (now.resident - base.resident + kernel - sockets) / share,
            "calls_beside": beside,
            "calls_at_upstream": after["calls_started"] - sent["calls_started"],
            "upstream_sent_mib": (after["data_bytes"] - sent["data_bytes"]) / MIB,
            "base_rss_mib": base.resident / MIB,
            "peak_rss_mib": now.peak / MIB,
            "read_mib": end["received"] / MIB,
            **seen,
        }

    def _calls_beside(self, site: Site, peer: RunningPeer) -> int:
        """How many of another client's calls are answered: none, where stalled streams hold up an upstream connection
        that all share."""
        try:
            return loads.sequential_calls(site.tools, peer.port, 20, seconds=3)["calls"]
        except ProgramError:
            return 0


class Idle(Work):
    """Memory and CPU time of a proxy with connections that rest after one call each."""

    columns = ("rss_kib_per_connection", "idle_cpu_percent", "upstream_connections")
    peers = PROXIES
    quick_peers = ("jetway",)
    native_upstream = True
    fresh_peer = True

    def __init__(self, name: str, title: str, tls: bool = False):
        self.name, self.title, self.tls = name, title, tls

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        loads.connections(site.tools, peer.port, 10, site.ca)

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        count, pid = site.plan.idle_connections, peer.program.pid
        base = measure.settled_memory(pid, quiet=0.5)
        accepted = loads.upstream_figures(site.upstream)["connections"]
        with _ended(loads.idle_connections(site.tools, peer.port, count, site.ca)) as clients:
            clients.json_line(60)
            now = measure.settled_memory(pid, quiet=1)
            cpu = _idle_cpu(pid, 2)
            upstream = loads.upstream_figures(site.upstream)["connections"] - accepted
            clients.finish()
            end = clients.json_line(1)
        if end["closed"]:
            raise ProgramError(f"{end['closed']} of {count} idle connections were closed")
        return {
            "rss_kib_per_connection": (now.resident - base.resident) / KIB / count,
            "anonymous_kib_per_connection": (now.anonymous - base.anonymous) / KIB / count,
            "idle_cpu_percent": cpu,
            "upstream_connections": upstream,
            "base_rss_mib": base.resident / MIB,
            "idle_rss_mib": now.resident / MIB,
        }


class Start(Work):
    """The time from the start of a process until it listens, and what it uses when nobody comes."""

    name = "start"
    title = "Start, and rest without connections"
    columns = ("start_ms", "idle_rss_mib", "idle_cpu_percent")
    peers = (*PROXIES, "jetway-flights")
    quick_peers = ("jetway", "jetway-flights")
    fresh_peer = True

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        pass

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        pid = peer.program.pid
        idle = measure.settled_memory(pid, quiet=0.5)
        return {
            "start_ms": peer.start_seconds * 1e3,
            "idle_rss_mib": idle.resident / MIB,
            "idle_cpu_percent": _idle_cpu(pid, 2),
        }
