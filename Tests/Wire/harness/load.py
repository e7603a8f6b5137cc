"""Calls from many clients until told to stop; each outcome is kept."""

import collections
import contextlib
import threading

import pyarrow.flight as flight


class Load:
    """`with Load(location, headers=…) as load:`; pyarrow clients on threads. `reconnect`: a connection for each call."""

    def __init__(self, location, *, clients=4, reconnect=False, headers=(), work=None, **options):
        self.location, self.reconnect, self.options = location, reconnect, options
        self.call_options = flight.FlightCallOptions(headers=[(n.encode(), v.encode()) for n, v in headers], timeout=20)
        self.work = work or self.read
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.done, self.failures = 0, []
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def read(self, client):
        assert client.do_get(flight.Ticket(b"t"), self.call_options).read_all().num_rows == 3

    def _run(self):
        with contextlib.ExitStack() as stack:
            client = None
            while not self.stopping.is_set():
                try:
                    if client is None or self.reconnect:
                        stack.close()
                        client = stack.enter_context(flight.connect(self.location, **self.options))
                    self.work(client)
                    with self.lock:
                        self.done += 1
                except Exception as failure:  # every one of them fails the test
                    with self.lock:
                        self.failures.append(repr(failure)[:500])

    def assert_none_failed(self, at_least=1):
        assert not self.failures, f"{len(self.failures)} of {self.done} calls failed: {collections.Counter(self.failures).most_common(3)}"
        assert self.done >= at_least, f"only {self.done} calls: the load is worth nothing"

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)
