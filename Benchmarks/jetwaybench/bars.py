"""The bars: what Jetway may cost at most, beside a peer or in itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from statistics import median

from .figures import Figures
from .works import WORKS


class Beside(str, Enum):
    """How a figure is set beside that of a peer in the same round."""

    RATIO = "ratio"
    DIFFERENCE = "difference"


@dataclass(frozen=True)
class Bar:
    """`metric` of Jetway beside that of `peer`, or Jetway's alone where `peer` is None."""

    work: str
    metric: str
    limit: float
    peer: str | None = None
    case: str = ""
    jetway: str = "jetway"
    beside: Beside = Beside.RATIO


@dataclass(frozen=True)
class Verdict:
    bar: Bar
    values: list[float]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def holds(self) -> bool:
        return self.median <= self.bar.limit


def _beside(work: str, metric: str, limits: dict[str, float], case: str = "") -> list[Bar]:
    return [Bar(work, metric, limit, peer, case) for peer, limit in limits.items()]


def _bars() -> list[Bar]:
    gigabyte, call, usual = "cpu_s_per_gb", "cpu_us_per_call", "256 KiB"
    every = _beside("doget", gigabyte, {"nginx": 0.85, "envoy": 0.55, "nginx-stream": 1.10}, usual)
    every += _beside("doput", gigabyte, {"nginx": 0.95, "envoy": 0.50, "nginx-stream": 1.10}, usual)
    every += _beside("tls-doget", gigabyte, {"nginx": 0.60, "envoy": 0.65}, usual)
    every += _beside("tls-doput", gigabyte, {"nginx": 0.60, "envoy": 0.65}, usual)
    every += _beside("calls128", call, {"haproxy": 1.0, "envoy": 0.30})
    every += _beside("calls1", call, {"nginx": 0.9})
    every += _beside("calls1", "p50_us", {"nginx": 1.0})
    added = {"jetway-bearer": 6, "jetway-jwt": 6, "jetway-es256": 120, "jetway-rs256": 60, "jetway-stages": 5}
    for case in WORKS["added"].cases:
        for program, limit in added.items():
            every.append(Bar("added", call, limit, "jetway", case, program, Beside.DIFFERENCE))
    for case in WORKS["stalled"].cases:
        every.append(Bar("stalled", "rss_mib_per_stream", 2.0 if "fast" in case else 1.0, case=case))
    every.append(Bar("idle", "rss_kib_per_connection", 24))
    for program in ("jetway", "jetway-flights"):
        every.append(Bar("start", "start_ms", 150, jetway=program))
        every.append(Bar("start", "idle_rss_mib", 40, jetway=program))
        every.append(Bar("start", "idle_cpu_percent", 0.05, jetway=program))  # 0 in the decimals that mean anything
    every += [Bar("flights", gigabyte, 1.0, "pyarrow", case, "jetway-flights") for case in WORKS["flights"].cases]
    every.append(Bar("threads2", gigabyte, 1.05, "jetway", jetway="jetway-x2"))
    return every


def judge(figures: Figures) -> list[Verdict]:
    """Every bar for which this run has figures of both sides."""
    verdicts = []
    for bar in _bars():
        if bar.peer is None:
            values = figures.values(bar.work, bar.case, bar.jetway, bar.metric)
        elif bar.beside is Beside.DIFFERENCE:
            values = figures.differences(bar.work, bar.case, bar.metric, bar.jetway, bar.peer)
        else:
            values = figures.ratios(bar.work, bar.case, bar.metric, bar.jetway, [bar.peer])
        if values:
            verdicts.append(Verdict(bar, values))
    return verdicts
