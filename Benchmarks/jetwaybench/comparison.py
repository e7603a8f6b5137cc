"""What got worse or better than in the last committed run of the same kind."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from .figures import Figures, Sample
from .metrics import METRICS, Comparison
from .peers import DIRECT
from .plans import Plan
from .works import WORKS

# Less than this is no news, however narrow the spread.
_LEAST = 0.03


@dataclass(frozen=True)
class Change:
    """A figure of Jetway in both runs: as a ratio to the other proxies of its run, or as it is."""

    work: str
    case: str
    peer: str
    metric: str
    before: list[float]
    now: list[float]

    @property
    def difference(self) -> float:
        return median(self.now) - median(self.before)

    @property
    def exceeds_spread(self) -> bool:
        spread = max(max(values) - min(values) for values in (self.before, self.now))
        return abs(self.difference) > max(spread, _LEAST * abs(median(self.before)))

    @property
    def worse(self) -> bool:
        return self.exceeds_spread and self.difference > 0

    @property
    def better(self) -> bool:
        return self.exceeds_spread and self.difference < 0


@dataclass(frozen=True)
class Baseline:
    """The last committed run, by the name of its file."""

    name: str
    figures: Figures


def find_baseline(results: Path, plan: Plan, works: Collection[str]) -> Baseline | None:
    """The newest JSON file of a folder that git knows, of a run with the same amounts that has all of these works."""
    command = ["git", "-C", str(results), "ls-files", "--", "*.json"]
    try:
        listing = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
    except FileNotFoundError:
        return None
    for name in sorted(listing.split(), reverse=True):
        path = results / name
        record: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        known = {sample["work"] for sample in record.get("samples", [])}
        if record.get("plan") == asdict(plan) and known.issuperset(works):
            return Baseline(path.stem, Figures(Sample(**sample) for sample in record["samples"]))
    return None


def compare(now: Figures, baseline: Baseline) -> list[Change]:
    """Every figure of Jetway's programs that both runs have; ratios are to the peers that both have."""
    changes = []
    for work, case in now.cases():
        peers, known = now.peers(work, case), baseline.figures.peers(work, case)
        others = [peer for peer in peers if peer in known and peer != DIRECT.name and not _is_own(peer)]
        for peer in filter(_is_own, peers):
            for metric in WORKS[work].columns:
                before, after = (
                    _comparable(figures, (work, case, peer), metric, others) for figures in (baseline.figures, now)
                )
                if before and after:
                    changes.append(Change(work, case, peer, metric, before, after))
    return changes


def _is_own(peer: str) -> bool:
    return peer.startswith("jetway")


def _comparable(figures: Figures, key: tuple[str, str, str], metric: str, others: list[str]) -> list[float]:
    """A figure in the form that two runs are compared by; nothing if they are not compared by it."""
    work, case, peer = key
    comparison = METRICS[metric].comparison
    if comparison is Comparison.RATIO:
        return figures.ratios(work, case, metric, peer, others)
    return figures.values(work, case, peer, metric) if comparison is Comparison.VALUE else []
