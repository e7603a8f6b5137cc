"""BU: an upstream that does what a script says, right or wrong, and records all that it received."""

import socket
import threading
import time

from . import frames as f
from . import grpc
from .peer import Peer

RESPONSE = [(":status", "200"), ("content-type", "application/grpc")]


class ServerPeer(Peer):
    """One accepted connection of a BadServer."""

    def __init__(self, sock, server, **options):
        super().__init__(sock, **options)
        self.server = server
        self.on_event = server.notify
        self.requests = []
        self.accepted_at = time.monotonic()

    def on_headers(self, state):
        if len(state.blocks) == 1:
            self.requests.append(state)
            if self.server.on_request:
                self.server.on_request(self, state)

    def on_data(self, state, body):
        if self.server.on_data:
            self.server.on_data(self, state, body)

    def on_end(self, state):
        if self.server.on_end:
            self.server.on_end(self, state)

    def on_reset(self, state):
        self.server.resets.append((state, time.monotonic()))
        if self.server.on_reset:
            self.server.on_reset(self, state)

    # Answers

    def begin(self, state, headers=RESPONSE, end=False):
        """Response headers."""
        return self.send(f.headers(state.id, self.block(list(headers)), end_stream=end))

    def finish(self, state, status=grpc.OK, trailers=()):
        """Trailers with END_STREAM."""
        return self.send(f.headers(state.id, self.block([("grpc-status", str(status)), *trailers]), end_stream=True))

    def answer(self, state, *payloads, status=grpc.OK, trailers=(), headers=RESPONSE):
        """A whole gRPC response."""
        self.begin(state, headers)
        body = b"".join(grpc.message(payload) for payload in payloads)
        if body and not self.send_data(state.id, body):
            return False
        return self.finish(state, status, trailers)

    def serve(self):
        """The connection's life: preface, SETTINGS, then frames until its end."""
        deadline = time.monotonic() + 30
        while len(self.buffer) < len(f.PREFACE) and not self.closed:
            if not self._read(deadline - time.monotonic()) and time.monotonic() > deadline:
                return
        self.preface = bytes(self.buffer[: len(f.PREFACE)])
        del self.buffer[: len(f.PREFACE)]
        if self.server.on_connection:
            if self.server.on_connection(self) == "stop":
                return
        else:
            self.send(f.settings(*self.server.settings))
        while not self.closed and not self.server.stopping and self.sock.fileno() >= 0:
            self.receive(0.5)


class BadServer:
    """Listens on 127.0.0.1; each connection runs in its own thread. The default answers every call with one empty message."""

    def __init__(
        self, on_request=None, on_end=None, on_data=None, on_connection=None, settings=(), tls=None, port=0, **options
    ):
        self.on_request, self.on_data, self.on_connection = on_request, on_data, on_connection
        self.on_reset = None
        self.on_end = on_end or (None if on_request else lambda peer, state: peer.answer(state, b""))
        self.settings, self.tls, self.options = settings, tls, options
        self.connections, self.resets, self.failures = [], [], []
        self.stopping = False
        self.changed = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.location = f"grpc{'+tls' if tls else ''}://127.0.0.1:{self.port}"
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self):
        while not self.stopping:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def _serve(self, sock):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                sock.settimeout(5)
                sock = self.tls.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        peer = ServerPeer(sock, self, **self.options)
        self.connections.append(peer)
        self.notify()
        try:
            peer.serve()
        except Exception as failure:  # kept for the test to show: a script must not die unseen
            if not self.stopping:
                self.failures.append(failure)
        finally:
            peer.close()
            self.notify()

    def notify(self):
        with self.changed:
            self.changed.notify_all()

    def wait(self, condition, timeout=5):
        """Waits for something that a connection's thread will note; the condition's last value."""
        with self.changed:
            self.changed.wait_for(lambda: condition() or self.failures, timeout)
        assert not self.failures, f"the scripted upstream failed: {self.failures[0]!r}"
        return condition()

    @property
    def requests(self):
        """All calls on all connections."""
        return [state for peer in self.connections for state in peer.requests]

    def application_frames(self):
        """Everything received beyond a connection's own upkeep: the proof that a call got through, or bytes of it."""
        upkeep = (f.SETTINGS, f.PING, f.GOAWAY)
        return [
            x
            for peer in self.connections
            for x in peer.frames
            if x.type not in upkeep and not (x.type == f.WINDOW_UPDATE and x.stream == 0)
        ]

    def close(self):
        """Stops listening and closes every connection."""
        self.stopping = True
        self.listener.close()
        for peer in self.connections:
            try:
                peer.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads[1:]:
            thread.join(timeout=5)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close()
        assert kind or not self.failures, f"the scripted upstream failed: {self.failures[0]!r}"


class Recorder:
    """A plain TCP listener that answers nothing but one empty SETTINGS frame and records the octets it is sent."""

    def __init__(self, greeting=f.settings()):
        self.greeting, self.received = greeting, []
        self.changed = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.location = f"grpc://127.0.0.1:{self.port}"
        self.sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.append(sock)
            self.received.append(bytearray())
            threading.Thread(target=self._record, args=(sock, self.received[-1]), daemon=True).start()

    def _record(self, sock, octets):
        try:
            sock.sendall(self.greeting)
            while chunk := sock.recv(65_536):
                with self.changed:
                    octets += chunk
                    self.changed.notify_all()
        except OSError:
            pass

    def beyond_upkeep(self):
        """Octets that are neither preface nor SETTINGS, PING, GOAWAY or connection WINDOW_UPDATE."""
        rest = []
        for octets in self.received:
            raw = bytes(octets)
            raw = raw[len(f.PREFACE) :] if raw.startswith(f.PREFACE) else raw
            while len(raw) >= 9:
                length, kind = int.from_bytes(raw[:3], "big"), raw[3]
                stream = int.from_bytes(raw[5:9], "big") & 0x7FFF_FFFF
                if kind not in (f.SETTINGS, f.PING, f.GOAWAY) and not (kind == f.WINDOW_UPDATE and stream == 0):
                    break
                raw = raw[9 + length :]
            if raw and not f.PREFACE.startswith(raw):
                rest.append(raw)
        return rest

    def wait(self, condition, timeout=5):
        with self.changed:
            self.changed.wait_for(condition, timeout)
        return condition()

    def close(self):
        self.listener.close()
        for sock in self.sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
