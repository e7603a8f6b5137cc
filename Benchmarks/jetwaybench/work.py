"""What a work is: a load through a peer beside an upstream, and the figures that come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import measure
from .configurations import Certificate
from .loads import Tools
from .peers import RunningPeer
from .plans import Plan
from .processes import Program

KIB, MIB = 1 << 10, 1 << 20
PROXIES = ("jetway", "nginx", "nginx-stream", "haproxy", "envoy", "grpc")
WITH_DIRECT = (*PROXIES, "direct")


@dataclass(frozen=True)
class Site:
    """Where a measurement runs."""

    tools: Tools
    plan: Plan
    upstream: Program
    certificate: Certificate | None

    @property
    def ca(self) -> Path | None:
        """What clients trust; None for plaintext."""
        return self.certificate.certificate if self.certificate else None


class Work:
    """A table of the report. The first of `columns` is what a work is about; `peers` are who takes part."""

    name: str
    title: str
    columns: tuple[str, ...]
    peers: tuple[str, ...] = WITH_DIRECT
    quick_peers: tuple[str, ...] | None = None
    cases: tuple[str, ...] = ("",)
    quick_cases: tuple[str, ...] | None = None
    workers: tuple[int, ...] = (1,)
    tls = False
    native_upstream = False
    fresh_peer = False

    def peers_of(self, plan: Plan) -> tuple[str, ...]:
        return self.quick_peers if plan.quick and self.quick_peers else self.peers

    def cases_of(self, plan: Plan) -> tuple[str, ...]:
        return self.quick_cases if plan.quick and self.quick_cases else self.cases

    def covers(self, peer: str, case: str) -> bool:
        """Whether the peer takes part in the case."""
        return True

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        raise NotImplementedError

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        raise NotImplementedError


def under_load(peer: RunningPeer, load: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The load's own figures with those of the peer meanwhile: `cpu_s` and others, none without a proxy."""
    if peer.program is None:
        return load()
    pid = peer.program.pid
    measure.reset_peak(pid)
    before = measure.usage(pid)
    result = load()
    used = measure.usage(pid).since(before)
    return {
        **result,
        "cpu_s": used.cpu,
        "user_s": used.user,
        "system_s": used.system,
        "voluntary_switches": used.voluntary_switches,
        "involuntary_switches": used.involuntary_switches,
        "peak_rss_mib": measure.memory(pid).peak / MIB,
    }


def call_figures(values: dict[str, Any]) -> dict[str, Any]:
    """The figures of a load of calls, with those that tables show."""
    shown = {"calls_per_s": values["calls"] / values["seconds"]}
    if "cpu_s" in values:
        shown["cpu_us_per_call"] = values["cpu_s"] / values["calls"] * 1e6
    return values | shown
