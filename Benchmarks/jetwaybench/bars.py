"""The bars: what Jetway may cost at most, beside a peer or in itself."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from .runner import Sample
from .works import STALL_SIZES


@dataclass(frozen=True)
class Bar:
    """`metric` of Jetway over that of `peer` in the same round, or Jetway's alone where `peer` is None."""

    work: str
    metric: str
    limit: float
    peer: str | None = None
    case: str = ""
    jetway: str = "jetway"


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


def _cpu(work: str, metric: str, limits: dict[str, float]) -> list[Bar]:
    return [Bar(work, metric, limit, peer) for peer, limit in limits.items()]


def bars(stall_kinds: tuple[str, ...]) -> list[Bar]:
    gigabyte, call = "cpu_s_per_gb", "cpu_us_per_call"
    every = _cpu("doget", gigabyte, {"nginx": 0.85, "envoy": 0.55, "nginx-stream": 1.10})
    every += _cpu("doput", gigabyte, {"nginx": 0.95, "envoy": 0.50, "nginx-stream": 1.10})
    every += _cpu("tls-doget", gigabyte, {"nginx": 0.60, "envoy": 0.65})
    every += _cpu("tls-doput", gigabyte, {"nginx": 0.60, "envoy": 0.65})
    every += _cpu("calls128", call, {"haproxy": 1.0, "envoy": 0.30})
    every += _cpu("calls1", call, {"nginx": 0.9})
    every += _cpu("calls1", "p50_us", {"nginx": 1.0})
    every.append(Bar("threads2", gigabyte, 1.05, "jetway", jetway="jetway-x2"))
    for kind in stall_kinds:
        for phase, limit in (("from the start", 1.0), ("after fast reading", 2.0)):
            every += [
                Bar("stalled", "rss_mib_per_stream", limit, case=f"{size}, {phase}, {kind}") for size in STALL_SIZES
            ]
    return every


def judge(samples: list[Sample], stall_kinds: tuple[str, ...]) -> list[Verdict]:
    """Every bar for which this run has figures of both sides."""
    figures = {(s.work, s.case, s.peer, s.round): s.values for s in samples if s.error is None}
    rounds = sorted({s.round for s in samples})
    verdicts = []
    for bar in bars(stall_kinds):
        values = []
        for number in rounds:
            own = figures.get((bar.work, bar.case, bar.jetway, number))
            other = figures.get((bar.work, bar.case, bar.peer, number)) if bar.peer else {bar.metric: 1.0}
            if own and other and other[bar.metric] > 0:
                values.append(own[bar.metric] / other[bar.metric])
        if values:
            verdicts.append(Verdict(bar, values))
    return verdicts
