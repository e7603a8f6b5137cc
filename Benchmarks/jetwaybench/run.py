"""A finished run, and the machine that it ran on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .bars import Verdict, judge
from .comparison import Baseline, Change, compare
from .figures import Figures, Sample
from .peers import Peer
from .plans import Plan


def machine() -> dict[str, Any]:
    """What the figures depend on, without the machine's name."""
    model = "unknown"
    memory = 0
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal"):
            memory = int(line.split()[1]) * 1024
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "kernel": platform.release().split("-")[0],
        "architecture": platform.machine(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
    }


@dataclass(frozen=True)
class Run:
    """What was measured, of whom, how, and what it is set beside."""

    samples: list[Sample]
    peers: list[Peer]
    missing: dict[str, str]
    plan: Plan
    rounds: int
    machine: dict[str, Any]
    tools: dict[str, str]
    baseline: Baseline | None

    @cached_property
    def figures(self) -> Figures:
        return Figures(self.samples)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        return judge(self.figures)

    @cached_property
    def changes(self) -> list[Change]:
        return compare(self.figures, self.baseline) if self.baseline else []

    def titles(self, with_versions: bool) -> dict[str, str]:
        """The peers' names by their labels, in the order of the report."""
        labels = dict.fromkeys(sample.peer for sample in self.samples)
        titles = {}
        for peer in self.peers:
            title = f"{peer.title} {peer.version}".strip() if with_versions else peer.title
            for label in labels:
                if label == peer.name:
                    titles[label] = title
                elif label.startswith(f"{peer.name}-x"):
                    titles[label] = f"{title}, {label.rpartition('x')[2]} workers"
        return titles
