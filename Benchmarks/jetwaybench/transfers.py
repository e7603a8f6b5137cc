"""Works that move record batches, with pyarrow at both ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import loads
from .arrow_files import FLIGHTS
from .flight_server import ROW_BYTES
from .loads import Batches
from .peers import RunningPeer
from .work import Site, Work, call_figures, under_load

_SIZES = {"64 KiB": Batches(2048), "256 KiB": Batches(8192), "16 MiB": Batches(524_288)}


def _figures(values: dict[str, Any]) -> dict[str, Any]:
    """The figures of a load of batches, with those that tables show."""
    shown = {"gb_per_s": values["timed_bytes"] / 1e9 / values["seconds"]}
    if "cpu_s" in values:
        shown["cpu_s_per_gb"] = values["cpu_s"] / (values["bytes"] / 1e9)
    return values | shown


class Transfer(Work):
    """Batches through one method of Flight. Latency is the time between two batches at the client."""

    columns = ("cpu_s_per_gb", "gb_per_s", "batch_p50_ms", "batch_p99_ms", "peak_rss_mib")
    method: str
    shapes = {**_SIZES, "256 KiB, 8 streams": Batches(8192, streams=8, shared=True)}
    directions = 1
    quick_cases = ("256 KiB",)

    def __init__(self, name: str, title: str, tls: bool = False):
        self.name, self.title, self.tls = name, title, tls
        self.cases = tuple(self.shapes)

    def _load(self, site: Site, peer: RunningPeer, shape: Batches, gigabytes: float) -> dict[str, Any]:
        count = int(gigabytes * 1e9 / (shape.rows * ROW_BYTES * shape.streams * self.directions))
        return loads.transfer(site.tools, self.method, peer.port, replace(shape, count=max(2, count)), site.ca)

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        self._load(site, peer, _SIZES["256 KiB"], site.plan.gigabytes / 20)

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        return _figures(under_load(peer, lambda: self._load(site, peer, self.shapes[case], site.plan.gigabytes)))


class Get(Transfer):
    columns = ("cpu_s_per_gb", "gb_per_s", "first_batch_ms", "batch_p50_ms", "batch_p99_ms", "peak_rss_mib")
    method = "get"


class Put(Transfer):
    method = "put"


class Exchange(Transfer):
    """Every batch comes back; the bytes of both directions count."""

    columns = Get.columns
    method = "exchange"
    shapes = {"256 KiB": Batches(8192)}
    directions = 2


class Threads(Get):
    """What a second worker costs."""

    shapes = {"": Batches(8192, streams=8)}
    quick_cases = None
    peers = ("jetway",)
    workers = (1, 2)


class ShortGet(Work):
    """The latency of a small result: DoGet calls with one batch each."""

    name = "doget-short"
    title = "DoGet of one batch of 64 KiB, one after another"
    columns = ("cpu_us_per_call", "calls_per_s", "p50_us", "p99_us", "peak_rss_mib")

    def _load(self, site: Site, peer: RunningPeer, calls: int) -> dict[str, Any]:
        return loads.transfer(site.tools, "once", peer.port, replace(_SIZES["64 KiB"], count=calls), site.ca)

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        self._load(site, peer, 100)

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        return call_figures(under_load(peer, lambda: self._load(site, peer, site.plan.sequential_calls // 5)))


class Served(Work):
    """DoGet from servers over a folder of Arrow files: the embedded server beside pyarrow's."""

    name = "flights"
    title = "DoGet from a server over Arrow files"
    columns = ("cpu_s_per_gb", "gb_per_s", "first_batch_ms", "peak_rss_mib")
    peers = ("jetway-flights", "pyarrow")
    cases = tuple(_SIZES)
    quick_cases = ("256 KiB",)

    def _load(self, site: Site, peer: RunningPeer, case: str, gigabytes: float) -> dict[str, Any]:
        return loads.read_flight(site.tools, peer.port, FLIGHTS[_SIZES[case].rows], gigabytes)

    def warm_up(self, site: Site, peer: RunningPeer) -> None:
        for case in self.cases_of(site.plan):
            self._load(site, peer, case, 0)

    def measure(self, site: Site, peer: RunningPeer, case: str) -> dict[str, Any]:
        return _figures(under_load(peer, lambda: self._load(site, peer, case, site.plan.gigabytes)))
