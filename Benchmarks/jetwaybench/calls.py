"""Works of small calls, between a native client and a native upstream: neither is the limit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import loads
from .credentials import TOKENS, Credentials
from .peers import RunningPeer
from .work import PROXIES, WITH_DIRECT, Site, Work, call_figures, under_load


class Calls(Work):
    """GetFlightInfo. The native upstream speaks no TLS, so with TLS there is nothing direct."""

    columns = ("cpu_us_per_call", "calls_per_s", "p50_us", "p99_us", "peak_rss_mib")
    native_upstream = True

    def __init__(self, name: str, title: str, tls: bool = False, peers: tuple[str, ...] | None = None):
        self.name, self.title, self.tls = name, title, tls
        self.peers = peers or (PROXIES if tls else WITH_DIRECT)

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        loads.sequential_calls(site.tools, peer.port, 1000, site.ca)

    def _load(self, site: Site, peer: RunningPeer) -> dict[str, Any]:
        return loads.sequential_calls(site.tools, peer.port, site.plan.sequential_calls, site.ca)

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        return call_figures(under_load(peer, lambda: self._load(site, peer)))


class ConcurrentCalls(Calls):
    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        super().warm_up(site, peer)
        loads.concurrent_calls(site.tools, peer.port, max(1000, site.plan.concurrent_calls // 20), self.tls)

    def _load(self, site: Site, peer: RunningPeer) -> dict[str, Any]:
        return loads.concurrent_calls(site.tools, peer.port, site.plan.concurrent_calls, self.tls)


class SetUps(Calls):
    """Connections one after another: dial, TLS handshake, one call, close."""

    def _load(self, site: Site, peer: RunningPeer) -> dict[str, Any]:
        return loads.connections(site.tools, peer.port, site.plan.set_ups, site.ca)


_REPEATED, _VARIED = "fields repeat", "each call has another traceparent"
_FIELDS = {_REPEATED: "repeated", _VARIED: "varied"}
_ANEW = ("jetway-es256", "jetway-rs256")
# What the callers of a program show; those of the others show nothing.
_SHOWN: dict[str, Callable[[Credentials], Path]] = {
    "jetway-bearer": lambda credentials: credentials.own_bearer,
    "jetway-jwt": lambda credentials: credentials.one_jwt,
    "jetway-es256": lambda credentials: credentials.es256_tokens,
    "jetway-rs256": lambda credentials: credentials.rs256_tokens,
}


class AddedCalls(Calls):
    """Calls to gateways that know their callers or have more stages, beside the transparent gateway, whose callers show
    nothing: so the difference has everything that a credential costs, its way in too.

    A gateway may know a call by its fields when all of them repeat, and then look no further. So there is a case where
    they never do. Where each call has another token, they do not anyway."""

    cases = tuple(_FIELDS)

    def __init__(self, name: str, title: str):
        super().__init__(name, title, peers=("jetway", *_SHOWN, "jetway-stages"))

    def covers(self, peer: str, case: str) -> bool:
        return case == _REPEATED or peer not in _ANEW

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        # The last tokens of the file: when their turn comes, their verdicts are long forgotten.
        calls = max(1000, site.plan.concurrent_calls // 20)
        self._calls(site, peer, _REPEATED, calls, TOKENS - calls)

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        return call_figures(under_load(peer, lambda: self._calls(site, peer, case, site.plan.concurrent_calls, 0)))

    @staticmethod
    def _calls(site: Site, peer: RunningPeer, case: str, calls: int, first: int) -> dict[str, Any]:
        shown = _SHOWN.get(peer.peer.name)
        credentials = shown(site.tools.credentials) if shown else None
        return loads.concurrent_calls_with(site.tools, peer.port, calls, _FIELDS[case], credentials, first)
