"""The tables of a run, in Markdown."""

from __future__ import annotations

from statistics import median

from .bars import Beside
from .comparison import Change
from .metrics import METRICS, Comparison
from .run import Run
from .works import WORKS


def _cell(values: list[float], decimals: int) -> str:
    if not values:
        return "-"
    text = f"{median(values):.{decimals}f}"
    return text if len(values) == 1 else f"{text} ({min(values):.{decimals}f}-{max(values):.{decimals}f})"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _title(work: str, case: str) -> str:
    return f"{WORKS[work].title}; {case}" if case else WORKS[work].title


def _case_rows(run: Run, work: str, case: str) -> list[list[str]]:
    """A row for each peer: its name, its first figure, that over Jetway's, and the others."""
    columns, figures, titles = WORKS[work].columns, run.figures, run.titles(with_versions=True)
    samples = [sample for sample in run.samples if (sample.work, sample.case) == (work, case)]
    peers = [label for label in titles if any(sample.peer == label for sample in samples)]
    own = [peer for peer in peers if peer.startswith("jetway")][:1]
    rows = []
    for peer in peers:
        outcomes = [sample.error is None for sample in samples if sample.peer == peer]
        first, *rest = (_cell(figures.values(work, case, peer, key), METRICS[key].decimals) for key in columns)
        ratios = figures.ratios(work, case, columns[0], peer, own)
        failed = "" if all(outcomes) else f", {outcomes.count(False)} failed" if any(outcomes) else ", failed"
        rows.append([titles[peer] + failed, first, f"{median(ratios):.2f}" if ratios else "-", *rest])
    return rows


def work_table(run: Run, work: str) -> str:
    """All figures of a work."""
    first, *rest = (METRICS[key].head for key in WORKS[work].columns)
    head = ["program", first, "x Jetway", *rest]
    cases = list(dict.fromkeys(sample.case for sample in run.samples if sample.work == work))
    if cases == [""]:
        return _table(head, _case_rows(run, work, ""))
    return _table(["case", *head], [[case, *row] for case in cases for row in _case_rows(run, work, case)])


def bar_table(run: Run) -> str:
    """The bars that this run can judge."""
    titles, rows = run.titles(with_versions=True), []
    for verdict in run.verdicts:
        bar, metric = verdict.bar, METRICS[verdict.bar.metric]
        limit = f"{bar.limit:g} x {titles[bar.peer]}" if bar.peer else f"{bar.limit:g} {metric.unit}"
        if bar.beside is Beside.DIFFERENCE:
            limit = f"{bar.limit:g} {metric.unit} more than {titles[bar.peer]}"
        measured, holds = _cell(verdict.values, 2), "yes" if verdict.holds else "**no**"
        rows.append([_title(bar.work, bar.case), titles[bar.jetway], metric.title, limit, measured, holds])
    return _table(["work", "program", "figure", "at most", "measured", "holds"], rows)


def _change_row(change: Change, titles: dict[str, str]) -> list[str]:
    metric = METRICS[change.metric]
    unit = "x the others" if metric.comparison is Comparison.RATIO else metric.unit
    figures = [_cell(values, 3) for values in (change.before, change.now)]
    verdict = "**worse**" if change.worse else "better"
    return [_title(change.work, change.case), titles[change.peer], f"{metric.title}, {unit}", *figures, verdict]


def comparison(run: Run) -> str:
    """What changed since the last committed run, in words and with a table of it."""
    if run.baseline is None:
        return f"There is no committed {run.plan.kind} run to compare with."
    worse = [change for change in run.changes if change.worse]
    better = [change for change in run.changes if change.better]
    text = (
        f"Of {len(run.changes)} figures of Jetway, {len(worse)} got worse and {len(better)} better since "
        f"{run.baseline.name} by more than the spread. CPU and latency are compared as ratios to the other proxies of "
        "the same run, memory as it is."
    )
    if not worse and not better:
        return text
    titles = run.titles(with_versions=False)
    rows = [_change_row(change, titles) for change in (*worse, *better)]
    return f"{text}\n\n{_table(['work', 'program', 'figure', 'before', 'now', ''], rows)}"
