"""The report of a run: a Markdown table for a README and a JSON file with every raw figure."""

from __future__ import annotations

import json
import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

from .bars import Verdict, judge
from .peers import Peer
from .runner import Sample
from .works import WORKS, Sizes

# What a work's table shows: metric, unit as head, decimals.
_COLUMNS: dict[str, list[tuple[str, str, int]]] = {
    "transfer": [("cpu_s_per_gb", "CPU s/GB", 3), ("gb_per_s", "GB/s", 2)],
    "calls": [
        ("cpu_us_per_call", "CPU us/call", 1),
        ("calls_per_s", "calls/s", 0),
        ("p50_us", "p50 us", 0),
        ("p99_us", "p99 us", 0),
    ],
    "stalled": [
        ("rss_mib_per_stream", "RSS MiB/stream", 2),
        ("kernel_sockets_mib_per_stream", "kernel sockets MiB/stream", 2),
        ("calls_at_upstream", "calls at upstream", 0),
        ("answered_streams", "calls answered", 0),
    ],
}
_METRIC_NAMES = {
    "cpu_s_per_gb": "CPU per GB",
    "cpu_us_per_call": "CPU per call",
    "p50_us": "p50 latency",
    "rss_mib_per_stream": "RSS per stalled reader, MiB",
}


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


def _columns(work: str) -> list[tuple[str, str, int]]:
    kind = "stalled" if work == "stalled" else "calls" if work.startswith("calls") else "transfer"
    return _COLUMNS[kind]


def _cell(values: list[float], decimals: int) -> str:
    if not values:
        return "-"
    text = f"{median(values):.{decimals}f}"
    return text if len(values) == 1 else f"{text} ({min(values):.{decimals}f}-{max(values):.{decimals}f})"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _ordered(values) -> list[str]:
    return list(dict.fromkeys(values))


def _work_table(work: str, samples: list[Sample], titles: dict[str, str]) -> str:
    own = [sample for sample in samples if sample.work == work]
    columns = _columns(work)
    cases = _ordered(sample.case for sample in own)
    head = (["batches, stall"] if cases != [""] else []) + ["proxy"] + [title for _, title, _ in columns]
    rows = []
    for case in cases:
        for peer in sorted({sample.peer for sample in own}, key=list(titles).index):
            fitting = [sample for sample in own if sample.case == case and sample.peer == peer]
            if not fitting:
                continue
            good = [sample.values for sample in fitting if sample.error is None]
            cells = ["failed"] * len(columns)
            if good:
                cells = [_cell([v[key] for v in good if key in v], decimals) for key, _, decimals in columns]
            rows.append(([case] if cases != [""] else []) + [titles[peer]] + cells)
    return f"### {WORKS[work].title}\n\n{_table(head, rows)}\n"


def _bar_table(verdicts: list[Verdict], titles: dict[str, str]) -> str:
    rows = []
    for verdict in verdicts:
        bar = verdict.bar
        title = WORKS[bar.work].title if not bar.case else f"stalled readers: {bar.case}"
        against = f"at most {bar.limit:g}" + (f" x {titles[bar.peer]}" if bar.peer else "")
        rows.append(
            [title, _METRIC_NAMES[bar.metric], against, _cell(verdict.values, 2), "yes" if verdict.holds else "**no**"]
        )
    return _table(["work", "figure", "bar", "measured", "holds"], rows)


def _titles(samples: list[Sample], peers: list[Peer]) -> dict[str, str]:
    titles = {}
    for peer in peers:
        titles[peer.name] = f"{peer.title} {peer.version}"
        for label in sorted({s.peer for s in samples if s.peer.startswith(f"{peer.name}-x")}):
            titles[label] = f"{titles[peer.name]}, {label.rpartition('x')[2]} workers"
    return titles


def markdown(
    samples: list[Sample],
    peers: list[Peer],
    missing: dict[str, str],
    setting: dict[str, Any],
    sizes: Sizes,
) -> str:
    titles = _titles(samples, peers)
    host = setting["machine"]
    parts = [
        f"{host['cores']} cores of {host['cpu']}, {host['memory_gib']} GiB, Linux {host['kernel']}, loopback; "
        f"one worker per proxy; medians of {setting['rounds']} interleaved rounds, lowest and highest in parentheses. "
        f"CPU is the proxy's own user and system time; {sizes.gigabytes:g} GB in batches of 256 KiB, "
        f"{sizes.sequential_calls} calls one by one, {sizes.concurrent_calls} calls 128 at a time per round and proxy. "
        f"Load average before the run: {host['load_average'][0]}.\n"
    ]
    verdicts = judge(samples, sizes.stall_kinds)
    if verdicts:
        parts.append(f"### Bars\n\nRatios are taken within each round.\n\n{_bar_table(verdicts, titles)}\n")
    parts += [_work_table(work, samples, titles) for work in _ordered(sample.work for sample in samples)]
    if missing:
        parts.append("Not measured: " + "; ".join(f"{name} ({reason})" for name, reason in missing.items()) + ".\n")
    return "\n".join(parts)


def write(
    folder: Path,
    samples: list[Sample],
    peers: list[Peer],
    missing: dict[str, str],
    setting: dict[str, Any],
    sizes: Sizes,
) -> tuple[Path, str]:
    """Writes `<time>.md` and `<time>.json` and gives the path and text of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H%M%SZ")
    text = markdown(samples, peers, missing, setting, sizes)
    verdicts = [
        {**vars(verdict.bar), "values": verdict.values, "median": verdict.median, "holds": verdict.holds}
        for verdict in judge(samples, sizes.stall_kinds)
    ]
    record = {
        **setting,
        "sizes": vars(sizes),
        "versions": {peer.name: peer.version for peer in peers},
        "missing": missing,
        "bars": verdicts,
        "samples": [sample.as_json() for sample in samples],
    }
    (folder / f"{stem}.json").write_text(json.dumps(record, indent=1) + "\n")
    path = folder / f"{stem}.md"
    path.write_text(text)
    return path, text
