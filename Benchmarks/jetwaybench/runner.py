"""Runs works over peers in interleaved rounds: every round visits every peer, each time in another order."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from . import loads
from .configurations import Certificate, Front
from .figures import Sample
from .peers import DIRECT, Peer, RunningPeer, start
from .plans import Plan
from .processes import ProgramError, free_port
from .work import Site, Work


@dataclass(frozen=True)
class Variant:
    """A peer with a number of workers, under the label that the report uses."""

    label: str
    peer: Peer
    workers: int


def variants(work: Work, peers: list[Peer], plan: Plan) -> list[Variant]:
    """Those of the peers that take part in a work."""
    return [
        Variant(peer.name if count == 1 else f"{peer.name}-x{count}", peer, count)
        for peer in peers
        if peer.name in work.peers_of(plan)
        for count in work.workers
    ]


@dataclass(frozen=True)
class Runner:
    tools: loads.Tools
    certificate: Certificate
    plan: Plan
    rounds: int

    def run(self, work: Work, chosen: list[Variant]) -> list[Sample]:
        with ExitStack() as stack:
            run = _Run(self, work, stack)
            if work.fresh_peer:
                run.one_by_one(chosen)
            else:
                run.together(chosen)
            return run.samples


class _Run:
    """One work, with its upstream. A load that fails becomes a sample that says so."""

    def __init__(self, runner: Runner, work: Work, stack: ExitStack):
        self.work, self.stack, self.rounds = work, stack, runner.rounds
        self.samples: list[Sample] = []
        self._certificate = runner.certificate if work.tls else None
        start_upstream = loads.start_native_upstream if work.native_upstream else loads.start_flight_upstream
        upstream, self._port = start_upstream(runner.tools)
        stack.callback(upstream.end)
        self.site = Site(runner.tools, runner.plan, upstream, self._certificate)

    def together(self, chosen: list[Variant]) -> None:
        """All peers run at once and idle while another is under load; the warm-up's figures are dropped."""
        running: list[tuple[Variant, RunningPeer]] = []
        for variant in chosen:
            try:
                peer = self._start(variant, self.stack)
                with _blame(peer):
                    self.work.warm_up(self.site, peer)
                running.append((variant, peer))
            except ProgramError as error:
                for case in self._cases(variant):
                    self._failed(case, variant, 0, error)
        for number in range(self.rounds):
            for case in self.work.cases_of(self.site.plan):
                for variant, peer in _rotated(running, number):
                    if case in self._cases(variant):
                        self._sample(case, variant, number, partial(self._measure, peer, case))

    def one_by_one(self, chosen: list[Variant]) -> None:
        """Every sample has its own process, so that memory kept from the last one does not hide anything."""
        for number in range(self.rounds):
            for case in self.work.cases_of(self.site.plan):
                for variant in _rotated(chosen, number):
                    if case in self._cases(variant):
                        self._sample(case, variant, number, partial(self._measure_fresh, variant, case))

    def _measure_fresh(self, variant: Variant, case: str) -> dict[str, Any]:
        with ExitStack() as stack:
            peer = self._start(variant, stack)
            with _blame(peer):
                self.work.warm_up(self.site, peer)
            return self._measure(peer, case)

    def _measure(self, peer: RunningPeer, case: str) -> dict[str, Any]:
        with _blame(peer):
            return self.work.measure(self.site, peer, case)

    def _cases(self, variant: Variant) -> list[str]:
        return [case for case in self.work.cases_of(self.site.plan) if self.work.covers(variant.peer.name, case)]

    def _start(self, variant: Variant, stack: ExitStack) -> RunningPeer:
        tools = self.site.tools
        if variant.peer is DIRECT:
            return self._start_direct(stack)
        folder = Path(tempfile.mkdtemp(prefix=f"{variant.label}-", dir=tools.folder))
        listen = 0 if variant.peer.says_port else free_port()
        front = Front(
            folder, listen, self._port, tools.flights, tools.credentials, self._certificate, variant.workers
        )
        peer = start(variant.peer, front)
        stack.callback(peer.program.end)
        return peer

    def _start_direct(self, stack: ExitStack) -> RunningPeer:
        """The upstream itself; with TLS another one, as proxies take TLS off."""
        if self._certificate is None:
            return RunningPeer(DIRECT, self._port)
        upstream, port = loads.start_flight_upstream(self.site.tools, self._certificate)
        stack.callback(upstream.end)
        return RunningPeer(DIRECT, port)

    def _sample(self, case: str, variant: Variant, number: int, measure: Callable[[], dict[str, Any]]) -> None:
        begin = time.monotonic()
        try:
            values = measure()
        except ProgramError as error:
            self._failed(case, variant, number, error)
            return
        figures = ", ".join(f"{key} {values[key]:.4g}" for key in self.work.columns if key in values)
        took = time.monotonic() - begin
        _say(f"{self.work.name} {case} round {number + 1} {variant.label}: {figures} [{took:.1f} s]")
        self.samples.append(Sample(self.work.name, case, variant.label, number, values))

    def _failed(self, case: str, variant: Variant, number: int, error: ProgramError) -> None:
        _say(f"{self.work.name} {case} {variant.label} FAILED: {error}")
        # The report is for others: an error names files of this machine only on the terminal.
        self.samples.append(Sample(self.work.name, case, variant.label, number, error="failed"))


@contextmanager
def _blame(peer: RunningPeer) -> Iterator[None]:
    """If the peer has ended, that is the problem, and not what the load or /proc say then."""
    try:
        yield
    except (ProgramError, OSError) as error:
        if peer.program and not peer.program.running:
            raise peer.program.failure("ended under load") from error
        raise ProgramError(str(error)) from error


def _rotated(items: list, number: int) -> list:
    shift = number % len(items) if items else 0
    return items[shift:] + items[:shift]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
