"""Runs works over peers in interleaved rounds: every round visits every peer, each time in another order."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import loads
from .peers import Certificate, Peer, RunningPeer, start
from .processes import ProgramError
from .works import Site, Sizes, Work


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


@dataclass(frozen=True)
class Variant:
    """A peer with a number of workers, under the label that the report uses."""

    label: str
    peer: Peer
    workers: int


def variants(work: Work, peers: list[Peer], chosen: bool) -> list[Variant]:
    """The peers of a work: those that the user chose, else the work's own."""
    taken = [peer for peer in peers if chosen or not work.default_peers or peer.name in work.default_peers]
    return [
        Variant(peer.name if count == 1 else f"{peer.name}-x{count}", peer, count)
        for peer in taken
        for count in work.workers
    ]


class Runner:
    def __init__(self, tools: loads.Tools, certificate: Certificate, sizes: Sizes, rounds: int, folder: Path):
        self.tools, self.certificate, self.sizes = tools, certificate, sizes
        self.rounds, self.folder = rounds, folder

    def run(self, work: Work, chosen: list[Variant]) -> list[Sample]:
        if not chosen:
            return []
        with ExitStack() as stack:
            start_upstream = loads.start_native_upstream if work.native_upstream else loads.start_flight_upstream
            upstream, port = start_upstream(self.tools)
            stack.callback(upstream.end)
            site = Site(self.tools, self.sizes, upstream, self.certificate if work.tls else None)
            if work.fresh_peer:
                return self._run_fresh(work, chosen, site, port)
            return self._run_together(work, chosen, site, port, stack)

    def _start(self, variant: Variant, site: Site, port: int) -> RunningPeer:
        return start(variant.peer, self.folder, port, site.certificate, variant.workers)

    def _run_together(self, work: Work, chosen: list[Variant], site: Site, port: int, stack: ExitStack) -> list[Sample]:
        """All peers run at once and idle while another is under load; the warm-up's figures are dropped."""
        samples: list[Sample] = []
        running: list[tuple[Variant, RunningPeer]] = []
        for variant in chosen:
            try:
                peer = self._start(variant, site, port)
                stack.callback(peer.program.end)
                work.warm_up(site, peer)
                running.append((variant, peer))
            except ProgramError as error:
                samples += [self._failed(work, case, variant, -1, error) for case in work.cases(self.sizes)]
        for number in range(self.rounds):
            for variant, peer in _rotated(running, number):
                for case in work.cases(self.sizes):
                    samples.append(self._sample(work, site, peer, variant, case, number))
        return samples

    def _run_fresh(self, work: Work, chosen: list[Variant], site: Site, port: int) -> list[Sample]:
        """Every sample has its own process, so that memory kept from the last one does not hide anything."""
        samples: list[Sample] = []
        for number in range(self.rounds):
            for case in work.cases(self.sizes):
                for variant in _rotated(chosen, number):
                    try:
                        peer = self._start(variant, site, port)
                    except ProgramError as error:
                        samples.append(self._failed(work, case, variant, number, error))
                        continue
                    try:
                        work.warm_up(site, peer)
                        samples.append(self._sample(work, site, peer, variant, case, number))
                    except ProgramError as error:
                        samples.append(self._failed(work, case, variant, number, error))
                    finally:
                        peer.program.end()
        return samples

    def _sample(self, work: Work, site: Site, peer: RunningPeer, variant: Variant, case: str, number: int) -> Sample:
        begin = time.monotonic()
        try:
            values = work.measure(site, peer, case)
        except ProgramError as error:
            return self._failed(work, case, variant, number, error)
        figures = ", ".join(f"{key} {value:.4g}" for key, value in list(values.items())[:4])
        took = time.monotonic() - begin
        _say(f"{work.name} {case} round {number + 1} {variant.label}: {figures} [{took:.1f} s]")
        return Sample(work.name, case, variant.label, number, values)

    def _failed(self, work: Work, case: str, variant: Variant, number: int, error: ProgramError) -> Sample:
        _say(f"{work.name} {case} {variant.label} FAILED: {error}")
        # The report is for others: an error names files of this machine only on the terminal.
        return Sample(work.name, case, variant.label, number, error="failed")


def _rotated(items: list, number: int) -> list:
    shift = number % len(items) if items else 0
    return items[shift:] + items[:shift]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
