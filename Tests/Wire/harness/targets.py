"""What conformance cases send their frames to: the health answer of the gateway itself, and a gRPC call behind it."""

from . import frames as f
from . import grpc


class Target:
    """A kind of request that is answered with headers and DATA."""

    def __init__(self, name, path, body, extra=()):
        self.name, self.path, self.body, self.extra = name, path, body, list(extra)

    def fields(self, method="POST", extra=(), without=(), **replaced):
        """The header list; `replaced` by names without the colon, `without` by full names."""
        fields = [(":method", method), (":scheme", "http"), (":path", self.path), (":authority", "localhost")]
        fields = [(key, replaced.get(key[1:], value)) for key, value in fields if key not in without]
        return fields + self.extra + list(extra)

    def open(self, client, **options):
        """A stream whose request is not complete: no END_STREAM yet."""
        return client.open(self.fields(**options))

    def send(self, client, **options):
        """A whole, good request; its stream."""
        stream = client.open(self.fields(**options))
        client.send(f.data(stream, self.body, end=True))
        return stream

    def expect_answer(self, client, stream, timeout=5):
        """The stream ends with status 200 and, for gRPC, 0."""
        state = client.stream(stream)
        client.pump(lambda: state.done, timeout)
        assert state.status == 200 and state.ended, f"no good answer: {state}; {client.goaway} {client.closed}"
        if self.extra:
            assert state.grpc_status == grpc.OK, f"gRPC failed: {state}"
        return state

    def works(self, client):
        """A new request on the same connection is answered."""
        return self.expect_answer(client, self.send(client))


HEALTH = Target("health", "/healthz", b"probe")
GRPC = Target(
    "grpc", grpc.path("ListActions"), grpc.message(), [("te", "trailers"), ("content-type", "application/grpc")]
)
TARGETS = [HEALTH, GRPC]


class Cases:
    """A table of conformance cases: `@cases.add("6.9", "what is true")` over a function of (client, target)."""

    def __init__(self):
        self.rows = []

    def add(self, section, title, settings=(), only=None, handshake=True):
        def register(function):
            for target in TARGETS:
                if only in (None, target.name):
                    self.rows.append((section, title, function, target, settings, handshake))
            return function

        return register

    @property
    def ids(self):
        return [f"{section} {title} [{target.name}]" for section, title, _, target, _, _ in self.rows]

    def run(self, gateway, row):
        """One case on a connection of its own; afterwards the gateway serves others as before."""
        _, _, function, target, settings, handshake = row
        with gateway.dial() as client:
            if handshake:
                client.send(f.PREFACE, f.settings(*settings))
                assert client.pump(lambda: client.settings_acks), "the handshake fails"
            function(client, target)
        gateway.assert_alive()
        with gateway.connect() as other:
            target.works(other)
