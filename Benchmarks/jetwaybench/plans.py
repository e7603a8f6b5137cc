"""How much a run measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """How much runs through each proxy in each round. A quick plan takes few of a work's cases, and may leave out
    proxies that say nothing new from day to day."""

    quick: bool
    gigabytes: float
    sequential_calls: int
    concurrent_calls: int
    set_ups: int
    idle_connections: int = 1000
    fast_milliseconds: int = 1000

    @property
    def kind(self) -> str:
        return "quick" if self.quick else "full"


FULL = Plan(quick=False, gigabytes=1.0, sequential_calls=10_000, concurrent_calls=50_000, set_ups=500)
QUICK = Plan(quick=True, gigabytes=0.25, sequential_calls=3_000, concurrent_calls=20_000, set_ups=200)
