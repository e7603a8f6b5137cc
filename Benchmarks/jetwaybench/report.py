"""The report of a run: Markdown to read, a chart, and JSON with every raw figure."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from . import chart, tables
from .run import Run
from .works import WORKS


def _setting(run: Run) -> str:
    host, plan = run.machine, run.plan
    return (
        f"A {plan.kind} run on {host['cores']} cores of {host['cpu']}, {host['memory_gib']} GiB, Linux "
        f"{host['kernel']}, over loopback; load average before it: {host['load_average'][0]}. One worker per program; "
        f"medians of {run.rounds} interleaved rounds, lowest and highest in parentheses. CPU is the program's own user "
        f"and system time. For each round and program: {plan.gigabytes:g} GB per transfer, {plan.sequential_calls} "
        f"calls one by one, {plan.concurrent_calls} calls 128 at a time, {plan.set_ups} new connections."
    )


def _markdown(run: Run, image: str | None) -> str:
    parts = [_setting(run)]
    if run.missing:
        parts.append("Not measured: " + "; ".join(f"{name} ({reason})" for name, reason in run.missing.items()) + ".")
    if image:
        parts.append(f"![CPU and memory of Jetway beside other proxies]({image})")
    if run.verdicts:
        parts.append(f"### Bars\n\nRatios and differences are taken within each round.\n\n{tables.bar_table(run)}")
    parts.append(f"### Since the last run\n\n{tables.comparison(run)}")
    for work in dict.fromkeys(sample.work for sample in run.samples):
        parts.append(f"### {WORKS[work].title}\n\n{tables.work_table(run, work)}")
    return "\n\n".join(parts) + "\n"


def _notes(run: Run) -> list[str]:
    host = run.machine
    notes = [
        f"{host['cores']} cores of {host['cpu']}, Linux {host['kernel']}, loopback, rounds: {run.rounds}.",
        ", ".join(f"{peer.title} {peer.version}" for peer in run.peers if peer.version),
    ]
    return notes + ([f"Not measured: {', '.join(run.missing)}."] if run.missing else [])


def _record(run: Run) -> str:
    verdicts = (
        {**asdict(verdict.bar), "values": verdict.values, "median": verdict.median, "holds": verdict.holds}
        for verdict in run.verdicts
    )
    record = {
        "machine": run.machine,
        "rounds": run.rounds,
        "tools": run.tools,
        "plan": asdict(run.plan),
        "versions": {peer.name: peer.version for peer in run.peers if peer.version},
        "missing": run.missing,
        "bars": list(verdicts),
        "samples": [sample.as_json() for sample in run.samples],
    }
    return json.dumps(record, indent=1) + "\n"


def write(folder: Path, run: Run) -> tuple[Path, str]:
    """Writes `<time>-<kind>` as .md, .json and .svg, and gives the path and text of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{datetime.now(timezone.utc):%Y-%m-%dT%H%M%SZ}-{run.plan.kind}"
    drawing = chart.draw(run.figures, run.titles(with_versions=False), _notes(run))
    if drawing:
        (folder / f"{stem}.svg").write_text(drawing)
    (folder / f"{stem}.json").write_text(_record(run))
    text = _markdown(run, f"{stem}.svg" if drawing else None)
    path = folder / f"{stem}.md"
    path.write_text(text)
    return path, text
