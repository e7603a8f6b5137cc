#!/usr/bin/env python3
"""Measures Jetway beside nginx, HAProxy, Envoy and a proxy on gRPC C++. README.md says what is measured and how."""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent

try:
    from jetwaybench import loads, report
    from jetwaybench.comparison import find_baseline
    from jetwaybench.discovery import NAMES, Discovery
    from jetwaybench.figures import Sample
    from jetwaybench.peers import Peer, make_certificate
    from jetwaybench.plans import FULL, QUICK, Plan
    from jetwaybench.processes import ProgramError
    from jetwaybench.resting import STALL_SIZES
    from jetwaybench.run import Run, machine
    from jetwaybench.runner import Runner, variants
    from jetwaybench.works import QUICK_WORKS, WORKS
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed for {sys.executable}: run Benchmarks/install-peers, or use its .venv")


def names(allowed: tuple[str, ...]):
    def parse(text: str) -> list[str]:
        chosen = [word for word in text.split(",") if word]
        for word in chosen:
            if word not in allowed:
                raise argparse.ArgumentTypeError(f"{word} is none of {', '.join(allowed)}")
        return chosen

    return parse


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jetway", type=Path, help="the jetway program; without it only the others are measured")
    parser.add_argument("--work", type=names(tuple(WORKS)), help=f"of {','.join(WORKS)}")
    parser.add_argument("--peers", type=names(NAMES), default=list(NAMES), help=f"of {','.join(NAMES)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="less of everything, for daily use")
    parser.add_argument("--gigabytes", type=float, help="data per transfer, proxy and round")
    parser.add_argument("--output", type=Path, default=HERE / "results")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar does not hold, too")
    options = parser.parse_args()
    options.work = options.work or list(QUICK_WORKS if options.quick else WORKS)
    return options


def tool_versions() -> dict[str, str]:
    import pyarrow

    versions = {"python": sys.version.split()[0], "pyarrow": pyarrow.__version__}
    for name in ("h2load", "openssl"):
        try:
            flag = "version" if name == "openssl" else "--version"
            output = subprocess.run([name, flag], capture_output=True, text=True, timeout=10).stdout
            found = re.search(r"\d+\.\d+\.\d+\w*", output)
            versions[name] = found.group(0) if found else "unknown"
        except FileNotFoundError:
            sys.exit(f"{name} is missing: run Benchmarks/install-peers")
    return versions


def measure_all(options: argparse.Namespace, plan: Plan, peers: list[Peer]) -> list[Sample]:
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory(prefix="jetway-bench-") as name:
        folder = Path(name)
        tools = loads.make_tools(folder, list(STALL_SIZES.values()), options.jetway)
        runner = Runner(tools, make_certificate(folder), plan, options.rounds)
        for work in (WORKS[name] for name in options.work):
            chosen = variants(work, peers, plan)
            if chosen:
                samples += runner.run(work, chosen)
    return samples


def main() -> None:
    # An end from outside takes the way of every other end, so that no proxy is left behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    options = arguments()
    plan = QUICK if options.quick else FULL
    if options.gigabytes:
        plan = replace(plan, gigabytes=options.gigabytes)
    tools, host = tool_versions(), machine()
    try:
        discovery = Discovery(options.jetway)
        peers = [peer for peer in discovery.found if peer.name in options.peers]
        missing = {name: reason for name, reason in discovery.missing.items() if name in options.peers}
        for name, reason in missing.items():
            print(f"{name} is not measured: {reason}", file=sys.stderr)
        samples = measure_all(options, plan, peers)
    except ProgramError as error:
        sys.exit(str(error))
    if not samples:
        sys.exit("nothing was measured")
    baseline = find_baseline(HERE / "results", plan, options.work)
    run = Run(samples, peers, missing, plan, options.rounds, host, tools, baseline)
    path, text = report.write(options.output, run)
    print(text)
    print(f"written: {path.stem}.*", file=sys.stderr)
    # Another proxy may fail in a work, and the report says so. Jetway and the upstreams may not.
    failed = {sample.work for sample in samples if sample.error and sample.peer.startswith(("jetway", "direct"))}
    if failed:
        sys.exit(f"failed: {', '.join(sorted(failed))}")
    if options.check and not all(verdict.holds for verdict in run.verdicts):
        sys.exit("a bar does not hold")


if __name__ == "__main__":
    main()
