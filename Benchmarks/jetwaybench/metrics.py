"""The figures: what each is called, how tables show it, and how two runs are compared by it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Comparison(Enum):
    """How a figure of Jetway is set beside that of an earlier run, if at all."""

    RATIO = "to the other proxies of the same run: what depends on the machine's hour"
    VALUE = "as it is: memory"
    NONE = "not"


@dataclass(frozen=True)
class Metric:
    title: str
    unit: str
    decimals: int
    comparison: Comparison = Comparison.NONE

    @property
    def head(self) -> str:
        return f"{self.title}, {self.unit}" if self.unit else self.title


METRICS: dict[str, Metric] = {
    "cpu_s_per_gb": Metric("CPU", "s/GB", 3, Comparison.RATIO),
    "cpu_us_per_call": Metric("CPU", "µs/call", 1, Comparison.RATIO),
    "gb_per_s": Metric("throughput", "GB/s", 2),
    "calls_per_s": Metric("calls", "1/s", 0),
    "p50_us": Metric("p50", "µs", 0, Comparison.RATIO),
    "p99_us": Metric("p99", "µs", 0),
    "first_batch_ms": Metric("first batch", "ms", 2),
    "batch_p50_ms": Metric("batch p50", "ms", 2),
    "batch_p99_ms": Metric("batch p99", "ms", 2),
    "peak_rss_mib": Metric("peak RSS", "MiB", 0, Comparison.VALUE),
    "rss_mib_per_stream": Metric("RSS per stalled stream", "MiB", 2, Comparison.VALUE),
    "kernel_sockets_mib_per_stream": Metric("kernel sockets per stream", "MiB", 2),
    "memory_mib_per_stream": Metric("RSS and kernel sockets per stream", "MiB", 2),
    "calls_at_upstream": Metric("calls at upstream", "", 0),
    "answered_streams": Metric("calls answered", "", 0),
    "calls_beside": Metric("another client's calls, of 20", "", 0),
    "rss_kib_per_connection": Metric("RSS per idle connection", "KiB", 1, Comparison.VALUE),
    "upstream_connections": Metric("connections to upstream", "", 0),
    "start_ms": Metric("start to listening", "ms", 0),
    "idle_rss_mib": Metric("idle RSS", "MiB", 1, Comparison.VALUE),
    "idle_cpu_percent": Metric("idle CPU", "%", 2),
}
