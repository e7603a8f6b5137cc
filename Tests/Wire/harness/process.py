"""A child process that says one line when it is ready, and what the kernel says about a process."""

import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


class Child:
    """Started with a command line; its standard output is read line by line, its standard error goes to a file."""

    def __init__(self, command, ready=None, timeout=20, stdin=None, env=None):
        self.command = [str(part) for part in command]
        self.errors = tempfile.NamedTemporaryFile("w+b", prefix="wire-", suffix=".log", delete=False)
        self.process = subprocess.Popen(
            self.command, stdin=stdin, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=env
        )
        self.pid = self.process.pid
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.first_line = None
        if ready:
            self.first_line = self.line(timeout)
            if self.first_line is None or not self.first_line.startswith(ready):
                self.kill()
                raise RuntimeError(
                    f"{self.command[:3]} said {self.first_line!r}, not {ready!r}; exit code {self.process.poll()}; "
                    f"standard error:\n{self.log()}"
                )

    def _read(self):
        with self.process.stdout as output:
            for text in output:
                self.lines.put(text.rstrip("\n"))
        self.lines.put(None)

    def line(self, timeout):
        """The next line of standard output; None at its end or after `timeout` seconds."""
        try:
            return self.lines.get(timeout=timeout)
        except queue.Empty:
            return None

    def log(self, tail=4000):
        """The last part of standard error."""
        raw = Path(self.errors.name).read_bytes()
        return raw[-tail:].decode(errors="replace")

    @property
    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, timeout):
        """The exit code; raises when the process is still there."""
        return self.process.wait(timeout)

    def kill(self):
        """Ends it at once and removes its log."""
        if self.alive:
            self.process.kill()
        self.process.wait(10)

    def remove_log(self):
        self.errors.close()
        Path(self.errors.name).unlink(missing_ok=True)

    # What it uses

    def status(self, key):
        """A figure of /proc/PID/status in bytes (VmRSS, VmHWM, RssAnon)."""
        for text in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if text.startswith(key + ":"):
                return int(text.split()[1]) * 1024
        raise KeyError(key)

    @property
    def rss(self):
        return self.status("VmRSS")

    @property
    def peak(self):
        return self.status("VmHWM")

    def reset_peak(self):
        """VmHWM counts from here on."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    @property
    def cpu(self):
        """Seconds of user and system time so far."""
        parts = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / TICK

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def settled_rss(self, below, timeout=10):
        """Waits until RSS is at most `below`; the last figure."""
        deadline = time.monotonic() + timeout
        while (now := self.rss) > below and time.monotonic() < deadline:
            time.sleep(0.05)
        return now

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.remove_log()
