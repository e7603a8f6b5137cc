"""The chart of a run: a panel for each of the figures that matter, with a bar for each proxy, as SVG."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from statistics import median

from .figures import Figures
from .metrics import METRICS, Metric


@dataclass(frozen=True)
class _Panel:
    title: str
    work: str
    case: str
    metric: str


_PANELS = (
    _Panel("DoGet", "doget", "256 KiB", "cpu_s_per_gb"),
    _Panel("DoPut", "doput", "256 KiB", "cpu_s_per_gb"),
    _Panel("DoGet, TLS", "tls-doget", "256 KiB", "cpu_s_per_gb"),
    _Panel("DoPut, TLS", "tls-doput", "256 KiB", "cpu_s_per_gb"),
    _Panel("DoGet, batches of 16 MiB", "doget", "16 MiB", "cpu_s_per_gb"),
    _Panel("DoExchange", "doexchange", "256 KiB", "cpu_s_per_gb"),
    _Panel("Small calls, 1 in flight", "calls1", "", "cpu_us_per_call"),
    _Panel("Small calls, 128 in flight", "calls128", "", "cpu_us_per_call"),
    _Panel("New connection, TLS", "tls-connect", "", "cpu_us_per_call"),
    _Panel("Idle connection, RSS", "idle", "", "rss_kib_per_connection"),
    _Panel("Stalled reader, RSS + sockets", "stalled", "64 MiB, after fast reading, window", "memory_mib_per_stream"),
    _Panel("DoGet from Arrow files", "flights", "256 KiB", "cpu_s_per_gb"),
)
_WIDTH, _MARGIN, _GAP, _COLUMNS = 880, 24, 36, 2
_PANEL = (_WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) // _COLUMNS
# From a panel's left: where its bars begin and end, where its figures and ratios end.
_BARS, _BARS_END, _FIGURES = 122, 300, _PANEL - 54
_ROW, _BAR, _TITLE, _SPACE, _LINE = 18, 12, 28, 16, 17
# The chart brings its own ground, so that it reads on any page.
_STYLE = """
text { font: 12px -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; fill: #1f2328; }
.ground { fill: #ffffff; stroke: #d1d9e0; } text.quiet { fill: #59636e; } text.strong { font-weight: 600; }
text.head { font-size: 16px; font-weight: 600; } .other { fill: #afb8c1; } .own { fill: #0969da; }
.axis { stroke: #818b98; } .spread { stroke: #1f2328; stroke-opacity: 0.6; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; } .ground { fill: #0d1117; stroke: #3d444d; } text.quiet { fill: #9198a1; }
.other { fill: #545d68; } .own { fill: #4493f8; } .axis { stroke: #656c76; } .spread { stroke: #f0f6fc; }
}
"""


@dataclass(frozen=True)
class _Bar:
    label: str
    values: list[float]
    ratio: float | None
    is_own: bool


def _bars(figures: Figures, panel: _Panel, titles: dict[str, str]) -> list[_Bar]:
    """One for each peer with figures; none unless Jetway and another have some."""
    place = (panel.work, panel.case)
    peers = [peer for peer in titles if figures.values(*place, peer, panel.metric)]
    own = next((peer for peer in peers if peer.startswith("jetway")), None)
    bars = []
    for peer in peers if own and len(peers) > 1 else []:
        ratios = figures.ratios(*place, panel.metric, peer, [own])
        ratio = median(ratios) if ratios else None
        bars.append(_Bar(titles[peer], figures.values(*place, peer, panel.metric), ratio, peer == own))
    return bars


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _draw_bar(bar: _Bar, metric: Metric, x: float, y: float, scale: float) -> list[str]:
    start, middle, base = x + _BARS, y + _BAR / 2, y + _BAR / 2 + 4
    length = max(1.0, median(bar.values) * scale)
    low, high = (start + max(0.0, value) * scale for value in (min(bar.values), max(bar.values)))
    figure = median(bar.values)
    decimals = 0 if figure >= 100 else min(2, metric.decimals)
    ratio = "" if bar.ratio is None else f"{bar.ratio:.{2 if bar.ratio < 1 else 1}f} x"
    strong = "strong" if bar.is_own else ""
    return [
        _text(start - 8, base, bar.label, strong, "end"),
        f'<rect x="{start}" y="{y}" width="{length:.1f}" height="{_BAR}" class="{"own" if bar.is_own else "other"}"/>',
        f'<line x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}" class="spread"/>',
        _text(x + _FIGURES, base, f"{figure:.{decimals}f}", "quiet", "end"),
        _text(x + _PANEL, base, "1" if bar.is_own else ratio, strong, "end"),
    ]


def _draw_panel(panel: _Panel, bars: list[_Bar], x: float, y: float) -> list[str]:
    metric = METRICS[panel.metric]
    largest = max(value for bar in bars for value in bar.values)
    scale = (_BARS_END - _BARS) / largest if largest > 0 else 0
    top = y + _TITLE
    bottom = top + (len(bars) - 1) * _ROW + _BAR
    shapes = [_text(x, y + 13, panel.title, "strong"), _text(x + _FIGURES, y + 13, metric.unit, "quiet", "end")]
    for index, bar in enumerate(bars):
        shapes += _draw_bar(bar, metric, x, top + index * _ROW, scale)
    return [*shapes, f'<line x1="{x + _BARS}" y1="{top - 3}" x2="{x + _BARS}" y2="{bottom + 3}" class="axis"/>']


def draw(figures: Figures, titles: dict[str, str], notes: list[str]) -> str | None:
    """The chart; None if the run has nothing for it. `titles` names peers in their order, `notes` stand below."""
    panels = [(panel, bars) for panel in _PANELS if (bars := _bars(figures, panel, titles))]
    if not panels:
        return None
    title = "What Jetway costs beside other proxies, one worker each"
    explained = "CPU time (s/GB, µs/call) and memory: less is better. Medians, spread of rounds, ratio to Jetway."
    shapes = [_text(_MARGIN, 36, title, "head"), _text(_MARGIN, 57, explained, "quiet")]
    y = 80
    for index in range(0, len(panels), _COLUMNS):
        row = panels[index : index + _COLUMNS]
        for column, (panel, bars) in enumerate(row):
            shapes += _draw_panel(panel, bars, _MARGIN + column * (_PANEL + _GAP), y)
        y += _TITLE + max(len(bars) for _, bars in row) * _ROW + _SPACE
    for line in (line for note in notes for line in textwrap.wrap(note, width=128)):
        shapes.append(_text(_MARGIN, y + _BAR, line, "quiet"))
        y += _LINE
    height = y + _MARGIN - _BAR + 4
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    ground = f'<rect x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="6" class="ground"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>\n<title>{title}</title>'
    return "\n".join([head, f"<style>{_STYLE}</style>", ground, *shapes, "</svg>"]) + "\n"
