"""The works that are measured: which load, beside which upstream, and what figures come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import loads, measure
from .loads import Tools
from .peers import Certificate, RunningPeer
from .processes import Program, ProgramError

KIB, MIB = 1 << 10, 1 << 20
BATCH_BYTES = 8192 * 4 * 8
STALL_SIZES = {"64 KiB": 64 * KIB, "1 MiB": MIB, "64 MiB": 64 * MIB, "512 MiB": 512 * MIB}
STALLED_STREAMS = 16


@dataclass(frozen=True)
class Sizes:
    """How much runs through each proxy in each round."""

    gigabytes: float = 2.0
    sequential_calls: int = 20_000
    concurrent_calls: int = 100_000
    fast_milliseconds: int = 1000
    stall_kinds: tuple[str, ...] = ("window", "socket")

    @property
    def batches(self) -> int:
        return int(self.gigabytes * 1e9 / BATCH_BYTES)


@dataclass(frozen=True)
class Site:
    """Where a measurement runs: the tools, the upstream and its port."""

    tools: Tools
    sizes: Sizes
    upstream: Program
    certificate: Certificate | None


class Work:
    """One row of the bars. `default_peers` empty means every peer."""

    name: str
    title: str
    tls = False
    native_upstream = False
    fresh_peer = False
    default_peers: tuple[str, ...] = ()
    workers: tuple[int, ...] = (1,)

    def cases(self, sizes: Sizes) -> list[str]:
        return [""]

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        raise NotImplementedError

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        raise NotImplementedError


def _with_usage(peer: RunningPeer, load) -> tuple[dict[str, Any], measure.Usage]:
    before = measure.usage(peer.program.pid)
    result = load()
    return result, measure.usage(peer.program.pid).since(before)


def _raw(result: dict[str, Any], used: measure.Usage, peer: RunningPeer) -> dict[str, Any]:
    return {
        **result,
        "user_s": used.user,
        "system_s": used.system,
        "voluntary_switches": used.voluntary_switches,
        "involuntary_switches": used.involuntary_switches,
        "busy": used.cpu / result["seconds"],
        "peak_rss_mib": measure.memory(peer.program.pid).peak / MIB,
    }


class Transfer(Work):
    """DoGet or DoPut of 256 KiB batches with pyarrow at both ends."""

    def __init__(self, name: str, title: str, direction: str, tls: bool):
        self.name, self.title, self.direction, self.tls = name, title, direction, tls
        self.connections = 1

    def _load(self, site: Site, peer: RunningPeer, batches: int) -> dict[str, Any]:
        ca = site.certificate.certificate if site.certificate else None
        return loads.transfer(site.tools, self.direction, peer.port, batches, self.connections, ca)

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        self._load(site, peer, max(1, site.sizes.batches // 20))

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        batches = site.sizes.batches // self.connections
        result, used = _with_usage(peer, lambda: self._load(site, peer, batches))
        gigabytes = result["bytes"] / 1e9
        return {
            "cpu_s_per_gb": used.cpu / gigabytes,
            "gb_per_s": gigabytes / result["seconds"],
            **_raw(result, used, peer),
        }


class Threads(Transfer):
    """DoGet over 8 connections, with one worker and with two."""

    default_peers = ("jetway",)
    workers = (1, 2)

    def __init__(self) -> None:
        super().__init__("threads2", "DoGet over 8 connections, one worker and two", "get", tls=False)
        self.connections = 8


class Calls(Work):
    """GetFlightInfo from a native client to a native upstream."""

    native_upstream = True

    def __init__(self, name: str, title: str, concurrent: bool):
        self.name, self.title, self.concurrent = name, title, concurrent

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        loads.sequential_calls(site.tools, peer.port, 1000)
        if self.concurrent:
            loads.concurrent_calls(site.tools, peer.port, max(1000, site.sizes.concurrent_calls // 20))

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        if self.concurrent:
            result, used = _with_usage(
                peer, lambda: loads.concurrent_calls(site.tools, peer.port, site.sizes.concurrent_calls)
            )
        else:
            result, used = _with_usage(
                peer, lambda: loads.sequential_calls(site.tools, peer.port, site.sizes.sequential_calls)
            )
        return {
            "cpu_us_per_call": used.cpu / result["calls"] * 1e6,
            "calls_per_s": result["calls"] / result["seconds"],
            **_raw(result, used, peer),
        }


class Stalled(Work):
    """Memory of a proxy, started afresh, with 16 DoGet streams on one connection that nobody reads."""

    name = "stalled"
    title = "RSS growth per stalled reader (16 DoGet streams on one connection)"
    native_upstream = True
    fresh_peer = True
    default_peers = ("jetway", "nginx", "haproxy", "envoy")

    def cases(self, sizes: Sizes) -> list[str]:
        phases = ("from the start", "after fast reading")
        kinds = sizes.stall_kinds
        return [f"{size}, {phase}, {kind}" for kind in kinds for phase in phases for size in STALL_SIZES]

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        loads.sequential_calls(site.tools, peer.port, 100)
        self._stall(site, peer, f"{64 * KIB} 16", 1, "window", 200).finish()

    def _stall(self, site: Site, peer: RunningPeer, ticket: str, streams: int, kind: str, milliseconds: int) -> Program:
        program = loads.stall(site.tools, peer.port, ticket, streams, kind, milliseconds)
        try:
            program.json_line(30 + milliseconds / 1000)
        except ProgramError:
            program.end()
            raise
        return program

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        size_name, phase, kind = case.split(", ")
        size = STALL_SIZES[size_name]
        milliseconds = site.sizes.fast_milliseconds if phase == "after fast reading" else 0
        pid = peer.program.pid
        base, sockets, sent = measure.settled_memory(pid, quiet=0.5), measure.socket_memory(), _stats(site.upstream)
        ticket = f"{size} {max(1, (64 << 30) // size)}"
        readers = self._stall(site, peer, ticket, STALLED_STREAMS, kind, milliseconds)
        try:
            now, kernel, after = measure.settled_memory(pid), measure.socket_memory(), _stats(site.upstream)
            readers.finish()
            end = readers.json_line(1)
        finally:
            readers.end()
        if end["ended"]:
            raise ProgramError(f"{end['ended']} stalled streams were ended")
        share = MIB * STALLED_STREAMS
        # Who does not read the socket cannot see what was answered.
        seen = {"answered_streams": end["answered"]} if kind == "window" else {}
        return {
            "rss_mib_per_stream": (now.resident - base.resident) / share,
            "anonymous_mib_per_stream": (now.anonymous - base.anonymous) / share,
            "kernel_sockets_mib_per_stream": (kernel - sockets) / share,
            "calls_at_upstream": after["calls_started"] - sent["calls_started"],
            "upstream_sent_mib": (after["data_bytes"] - sent["data_bytes"]) / MIB,
            "base_rss_mib": base.resident / MIB,
            "peak_rss_mib": now.peak / MIB,
            "read_mib": end["received"] / MIB,
            **seen,
        }


def _stats(upstream: Program) -> dict[str, Any]:
    upstream.say("stats")
    return upstream.json_line(10)


WORKS: dict[str, Work] = {
    work.name: work
    for work in (
        Transfer("doget", "DoGet, plaintext", "get", tls=False),
        Transfer("doput", "DoPut, plaintext", "put", tls=False),
        Transfer("tls-doget", "DoGet, TLS 1.3 in front", "get", tls=True),
        Transfer("tls-doput", "DoPut, TLS 1.3 in front", "put", tls=True),
        Calls("calls1", "GetFlightInfo, 1 call in flight", concurrent=False),
        Calls("calls128", "GetFlightInfo, 128 calls in flight (4 connections x 32)", concurrent=True),
        Stalled(),
        Threads(),
    )
}
