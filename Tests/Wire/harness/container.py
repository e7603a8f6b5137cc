"""A program in a root directory of its own, as a container engine would start it."""

import os
import signal
import subprocess
from pathlib import Path

from .process import Child

USER = 65_532
UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
# The root read-only and /proc in it; no /dev, no /sys, and the network of this machine.
PREPARE = """
mount --bind "$0" "$0"
mount -o remount,bind,ro "$0"
mount -t proc proc "$0/proc"
"""
# Root becomes the image's user. Anybody else may mount in a user namespace, and gets the user's number by a second one.
if os.geteuid() == 0:
    BECOME = f'exec setpriv --no-new-privs chroot --userspec={USER}:{USER} --groups= "$0" "$@"'
else:
    UNSHARE += ["--user", "--map-root-user"]
    BECOME = f'exec setpriv --no-new-privs unshare --user --map-user={USER} --map-group={USER} --root="$0" "$@"'


def obstacle():
    """Why containers cannot be started here, or None."""
    done = subprocess.run([*UNSHARE, "mount", "-t", "proc", "proc", "/proc"], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else None


def first_process(pid):
    """The number, outside, of the first process in the PID namespace that `unshare` with this number made."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()


class Container(Child):
    """The first process of its PID namespace. The kernel drops signals that such a process does not handle, save SIGKILL."""

    def __init__(self, root, *command, **options):
        (root / "proc").mkdir(exist_ok=True)
        super().__init__([*UNSHARE, "sh", "-ec", PREPARE + BECOME, root, *command], **options)

    def signal(self, number):
        os.kill(int(first_process(self.pid)), number)

    def stop(self, timeout=10):
        """SIGTERM; the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        # A process that has changed its user does not end with its parent (PR_SET_PDEATHSIG).
        if self.alive and first_process(self.pid):
            self.signal(signal.SIGKILL)
        super().kill()
