"""CPU time, memory and context switches of a proxy with all its threads and child processes, from /proc."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """What a process tree has used since it began: `cpu` is its user and system time in seconds, exact; the two
    parts come from the kernel in ticks of 10 ms."""

    cpu: float
    user: float
    system: float
    voluntary_switches: int
    involuntary_switches: int

    def since(self, before: Usage) -> Usage:
        return Usage(
            self.cpu - before.cpu,
            self.user - before.user,
            self.system - before.system,
            self.voluntary_switches - before.voluntary_switches,
            self.involuntary_switches - before.involuntary_switches,
        )


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process tree in bytes."""

    resident: int
    anonymous: int
    peak: int


def _stat_fields(pid: int) -> list[str]:
    # The second field, the name, is in parentheses and may hold anything.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def process_tree(root: int) -> list[int]:
    """The process and its descendants."""
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents[int(entry)] = int(_stat_fields(int(entry))[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    tree, added = [root], True
    while added:
        children = [pid for pid, parent in parents.items() if parent in tree and pid not in tree]
        tree += children
        added = bool(children)
    return tree


def _status(path: Path) -> dict[str, int]:
    values = {}
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        words = value.split()
        if words and words[0].isdigit():
            values[key] = int(words[0])
    return values


def _cpu_seconds(pid: int) -> float:
    # The clock of a whole process in the kernel's numbering: clock_getcpuclockid(3) gives the same.
    return time.clock_gettime(~pid << 3 | 2)


def usage(root: int) -> Usage:
    """The use so far of a process, its threads (ended ones too) and its living children."""
    cpu = 0.0
    user = system = voluntary = involuntary = 0
    for pid in process_tree(root):
        cpu += _cpu_seconds(pid)
        fields = _stat_fields(pid)
        user += int(fields[11])
        system += int(fields[12])
        for thread in Path(f"/proc/{pid}/task").iterdir():
            try:
                status = _status(thread / "status")
            except (FileNotFoundError, ProcessLookupError):
                continue
            voluntary += status.get("voluntary_ctxt_switches", 0)
            involuntary += status.get("nonvoluntary_ctxt_switches", 0)
    return Usage(cpu, user / _TICKS, system / _TICKS, voluntary, involuntary)


def memory(root: int) -> Memory:
    """VmRSS, RssAnon and VmHWM, summed over the tree."""
    resident = anonymous = peak = 0
    for pid in process_tree(root):
        status = _status(Path(f"/proc/{pid}/status"))
        resident += status.get("VmRSS", 0)
        anonymous += status.get("RssAnon", 0)
        peak += status.get("VmHWM", 0)
    return Memory(resident * 1024, anonymous * 1024, peak * 1024)


def reset_peak(root: int) -> None:
    """Lets VmHWM begin again at the present RSS, so that a peak is that of one load. See proc(5), clear_refs."""
    for pid in process_tree(root):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def settled_memory(root: int, quiet: float = 1.5, limit: float = 15, step: float = 0.1) -> Memory:
    """The memory of a tree once it has changed by less than 128 KiB for `quiet` seconds, or after `limit`."""
    end = time.monotonic() + limit
    reference, since = memory(root), time.monotonic()
    while time.monotonic() < end and time.monotonic() - since < quiet:
        time.sleep(step)
        now = memory(root)
        if abs(now.resident - reference.resident) >= 128 * 1024:
            reference, since = now, time.monotonic()
    return memory(root)


def socket_memory() -> int:
    """Bytes that the kernel holds for all TCP sockets of this machine (shared by everything that runs on it)."""
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        words = line.split()
        if words[:1] == ["TCP:"]:
            return int(words[words.index("mem") + 1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
