"""A systemd of its own for a unit under test, beside the one that may run the machine."""

import os
import re
import subprocess
from pathlib import Path

from . import container
from .gateway import until
from .process import Child


def own_cgroup():
    """This process's control group, as a folder."""
    (hierarchy,) = re.findall(r" (\S+) \S+ - cgroup2 ", Path("/proc/self/mountinfo").read_text())
    (path,) = re.findall(r"^0::/(.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
    return Path(hierarchy) / path


def obstacle():
    """Why systemd cannot be booted here, or None."""
    if os.geteuid() != 0:
        return "systemd starts services for root only"
    if not os.access(own_cgroup(), os.W_OK):
        return f"{own_cgroup()} cannot be written to"
    return container.obstacle()


class Systemd(Child):
    """Runs harness/boot-systemd; its /mnt is `shared`."""

    def __init__(self, folder):
        root, self.shared = folder / "root", folder / "mnt"
        root.mkdir()
        self.shared.mkdir()
        self.cgroup = own_cgroup() / f"wire-{os.getpid()}"
        self.cgroup.mkdir()
        super().__init__([Path(__file__).parent / "boot-systemd", self.cgroup, root, self.shared])
        if not until((self.shared / "booted").exists, timeout=20):
            log = self.log()
            self.__exit__()
            raise RuntimeError(f"systemd does not boot:\n{log}")

    def run(self, script):
        """Runs a shell script inside, in /mnt; its standard output."""
        namespaces = ["--target", container.first_process(self.pid), "--mount", "--pid", "--cgroup", "--root", "--wd"]
        command = ["nsenter", *namespaces, "sh", "-euc", f"cd /mnt\n{script}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={"PATH": os.environ["PATH"]})
        assert done.returncode == 0, f"{script}\n{done.stderr}\n{self.log()}"
        return done.stdout

    def processes(self, unit):
        """The numbers of a unit's processes outside."""
        return (self.cgroup / "system.slice" / unit / "cgroup.procs").read_text().split()

    def log(self, tail=4000):
        """What it and its boot said."""
        said = self.shared / "log"
        return super().log(tail) + (said.read_text(errors="replace")[-tail:] if said.exists() else "")

    def __exit__(self, *_):
        super().__exit__()
        # The kernel kills its processes with the first one of their namespace; a group can go when they are gone.
        assert until(lambda: "populated 0" in (self.cgroup / "cgroup.events").read_text())
        for folder, _, _ in os.walk(self.cgroup, topdown=False):
            os.rmdir(folder)
