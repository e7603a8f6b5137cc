"""The good client of abuse tests: 20 calls a second on its own connection, in a process of its own."""

import json
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parents[1]
RATE = 20


class Victim:
    """`mark()` begins a new measurement, `report()` gives it."""

    def __init__(self, port):
        command = [sys.executable, "-m", "harness.victim", str(port)]
        self.process = subprocess.Popen(
            command, cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self.process.stdout.readline() == "ready\n", "the well-behaved client does not start"

    def report(self):
        """{calls, errors, p50, p99, max} since the last report; times in seconds."""
        self.process.stdin.write("report\n")
        return json.loads(self.process.stdout.readline())

    mark = report

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def summary(latencies, errors):
    """Under a hundred calls the 99th percentile is the slowest but one: the slowest of so few says nothing."""
    ordered = sorted(latencies) or [0.0]
    rank = len(ordered) * 99 // 100 if len(ordered) >= 100 else max(len(ordered) - 2, 0)
    return {
        "calls": len(latencies),
        "errors": errors,
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[rank],
        "max": ordered[-1],
    }


def main():
    import select

    from .rawframes import RawClient

    client = RawClient.connect(int(sys.argv[1]), keep_frames=False)
    client.call("GetFlightInfo", b"\x08\x02\x12\x02{}")
    print("ready", flush=True)
    latencies, errors, due = [], [], time.monotonic()
    while True:
        if select.select([sys.stdin], [], [], max(due - time.monotonic(), 0))[0]:
            if not sys.stdin.readline():
                return
            print(json.dumps(summary(latencies, errors)), flush=True)
            latencies, errors = [], []
            continue
        due = max(due + 1 / RATE, time.monotonic())
        begun = time.monotonic()
        state = client.call("GetFlightInfo", b"\x08\x02\x12\x02{}", timeout=5)
        latencies.append(time.monotonic() - begun)
        if state.grpc_status != 0 or not state.messages:
            errors.append(f"{state!r} {client.goaway} {client.closed}")
            client.close()
            client = RawClient.connect(int(sys.argv[1]), keep_frames=False)
        client.streams.clear()


if __name__ == "__main__":
    main()
