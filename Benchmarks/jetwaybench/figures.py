"""What was measured, and the ratios within rounds that say something about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import geometric_mean
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One load through one peer. A load that failed has an error and no values."""

    work: str
    case: str
    peer: str
    round: int
    values: dict[str, Any] = field(default_factory=dict)
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Figures:
    """The samples of a run that did not fail, by work, case and peer."""

    def __init__(self, samples: Iterable[Sample]):
        self._values: dict[tuple[str, str, str], dict[int, dict[str, Any]]] = {}
        for sample in samples:
            if sample.error is None:
                key = (sample.work, sample.case, sample.peer)
                self._values.setdefault(key, {})[sample.round] = sample.values

    def cases(self) -> list[tuple[str, str]]:
        """The pairs of work and case, as they were measured."""
        return list(dict.fromkeys((work, case) for work, case, _ in self._values))

    def peers(self, work: str, case: str) -> list[str]:
        return [peer for key_work, key_case, peer in self._values if (key_work, key_case) == (work, case)]

    def by_round(self, work: str, case: str, peer: str, metric: str) -> dict[int, float]:
        rounds = self._values.get((work, case, peer), {})
        return {number: values[metric] for number, values in rounds.items() if metric in values}

    def values(self, work: str, case: str, peer: str, metric: str) -> list[float]:
        return list(self.by_round(work, case, peer, metric).values())

    def differences(self, work: str, case: str, metric: str, peer: str, other: str) -> list[float]:
        """The peer's figure less the other's in each round in which both have one."""
        beside = self.by_round(work, case, other, metric)
        own = self.by_round(work, case, peer, metric)
        return [value - beside[number] for number, value in own.items() if number in beside]

    def ratios(self, work: str, case: str, metric: str, peer: str, others: Iterable[str]) -> list[float]:
        """The peer's figure over the geometric mean of the others' in each round in which all have one above zero."""
        own = self.by_round(work, case, peer, metric)
        beside = [self.by_round(work, case, other, metric) for other in others]
        ratios = []
        for number, value in own.items():
            rest = [figures.get(number, 0) for figures in beside]
            if rest and min(rest) > 0:
                ratios.append(value / geometric_mean(rest))
        return ratios
