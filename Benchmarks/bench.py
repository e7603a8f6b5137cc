#!/usr/bin/env python3
"""Measures Jetway beside nginx, HAProxy and Envoy. README.md says what is measured and how."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = ("jetway", "nginx", "nginx-stream", "haproxy", "envoy")

try:
    from jetwaybench import loads, report
    from jetwaybench.bars import judge
    from jetwaybench.messages import make_messages
    from jetwaybench.peers import Peer, find_peers, make_certificate
    from jetwaybench.processes import ProgramError
    from jetwaybench.runner import Runner, Sample, variants
    from jetwaybench.works import STALL_SIZES, WORKS, Sizes
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
    parser.add_argument("--work", type=names(tuple(WORKS)), default=list(WORKS), help=f"of {','.join(WORKS)}")
    parser.add_argument("--peers", type=names(PEERS), help=f"of {','.join(PEERS)}; else all that a work is for")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="an eighth of the data, a fifth of the calls")
    parser.add_argument("--gigabytes", type=float, help="data per transfer, proxy and round")
    parser.add_argument(
        "--stall",
        type=names(("socket", "window")),
        default=["window", "socket"],
        help="how readers stall: their streams get no credit, or the socket is not read",
    )
    parser.add_argument("--output", type=Path, default=HERE / "results")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar does not hold or a load fails")
    return parser.parse_args()


def sizes(options: argparse.Namespace) -> Sizes:
    kinds = tuple(options.stall)
    if options.quick:
        return Sizes(options.gigabytes or 0.25, 4_000, 20_000, stall_kinds=kinds)
    return Sizes(options.gigabytes or 2.0, stall_kinds=kinds)


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


def measure_all(options: argparse.Namespace, chosen_sizes: Sizes, peers: list[Peer]) -> list[Sample]:
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory(prefix="jetway-bench-") as name:
        folder = Path(name)
        tools = loads.Tools(
            folder,
            make_messages(folder, list(STALL_SIZES.values())),
            loads.build_native("flight_upstream"),
            loads.build_native("flight_client"),
        )
        runner = Runner(tools, make_certificate(folder), chosen_sizes, options.rounds, folder)
        for work in options.work:
            samples += runner.run(WORKS[work], variants(WORKS[work], peers, bool(options.peers)))
    return samples


def main() -> None:
    options = arguments()
    versions = tool_versions()
    found, missing = find_peers(options.jetway)
    wanted = options.peers or list(PEERS)
    peers = [peer for peer in found if peer.name in wanted]
    missing = {name: reason for name, reason in missing.items() if name in wanted}
    for name, reason in missing.items():
        print(f"{name} is not measured: {reason}", file=sys.stderr)
    chosen_sizes = sizes(options)
    setting = {"machine": report.machine(), "rounds": options.rounds, "tools": versions}
    try:
        samples = measure_all(options, chosen_sizes, peers)
    except ProgramError as error:
        sys.exit(str(error))
    if not samples:
        sys.exit("nothing was measured")
    path, text = report.write(options.output, samples, peers, missing, setting, chosen_sizes)
    print(text)
    print(f"written: {path.name} and {path.stem}.json", file=sys.stderr)
    failed = [sample for sample in samples if sample.error] or [
        verdict for verdict in judge(samples, chosen_sizes.stall_kinds) if not verdict.holds
    ]
    if options.check and failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
