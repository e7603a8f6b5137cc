"""RF: a raw HTTP/2 client over plain or TLS sockets."""

import socket
import ssl

from . import frames as f
from . import grpc
from .peer import Peer

ALPN = ["h2"]


def tls_context(authority=None):
    """A client context that trusts one PEM file, or nobody and everybody."""
    context = ssl.create_default_context(cafile=authority) if authority else ssl._create_unverified_context()
    context.set_alpn_protocols(ALPN)
    return context


class RawClient(Peer):
    """A client connection; streams are numbered by `next_stream`."""

    def __init__(self, sock, **options):
        super().__init__(sock, **options)
        self.next_stream = 1

    @classmethod
    def dial(cls, port, tls=None, receive_buffer=None, timeout=5, **options):
        """A connection on which nothing HTTP/2 was said yet; `tls` is an SSL context."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(timeout)
        sock.connect(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            sock = tls.wrap_socket(sock, server_hostname="localhost")
        return cls(sock, **options)

    @classmethod
    def connect(cls, port, settings=(), handshake=True, **options):
        """A connection with preface and SETTINGS sent and, with `handshake`, the server's SETTINGS and ACK seen."""
        client = cls.dial(port, **options)
        client.send(f.PREFACE, f.settings(*settings))
        if handshake:
            assert client.pump(lambda: client.settings_acks and client.frames_seen(f.SETTINGS)), "no SETTINGS and ACK"
        return client

    def frames_seen(self, kind):
        return self.counts.get(kind, 0)

    def open(self, headers, end=False, **options):
        """Sends HEADERS on a new stream; the stream's id."""
        identifier = self.next_stream
        self.next_stream += 2
        self.stream(identifier)
        self.send(f.headers(identifier, self.block(headers), end_stream=end, **options))
        return identifier

    def call(self, method="ListActions", *payloads, headers=(), timeout=10, wait=True, end=True, credit=True):
        """A gRPC call with the given messages (one empty one if there are none); its stream, done if `wait`."""
        identifier = self.open(grpc.request_headers(method, headers))
        body = b"".join(grpc.message(payload) for payload in (payloads or (b"",)))
        self.send_data(identifier, body, end=end, timeout=timeout)
        state = self.streams[identifier]
        if wait:
            self.pump(lambda: state.done, timeout)
        return state

    def get(self, path="/healthz", method="GET", timeout=5):
        """A plain HTTP request; its stream."""
        fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost")]
        identifier = self.open(fields, end=True)
        self.pump(lambda: self.streams[identifier].done, timeout)
        return self.streams[identifier]

    def answers_ping(self, payload=b"still-ok", timeout=5):
        """Whether a PING comes back."""
        self.pongs.clear()
        self.send(f.ping(payload))
        return self.pump(lambda: payload in self.pongs, timeout)

    def wait_closed(self, timeout=5):
        """Whether the other side closed the connection."""
        return self.pump(lambda: self.closed, timeout)

    # Expectations

    def expect_connection_error(self, *codes, timeout=5):
        """GOAWAY with one of the codes (RFC 9113 5.4.1), and then the end of the connection."""
        self.pump(lambda: any(code for _, code, _ in self.goaways) or self.closed, timeout)
        assert self.goaway, f"no GOAWAY; closed: {self.closed}; last frames: {self.frames[-4:]}"
        assert self.goaway[1] in codes, f"GOAWAY {name(self.goaway[1])} {self.goaway[2]!r}, not {names(codes)}"
        assert self.wait_closed(timeout), f"GOAWAY {name(self.goaway[1])}, but the connection stays open"

    def expect_stream_error(self, stream, *codes, timeout=5, connection=(), statuses=()):
        """RST_STREAM with one of the codes, or GOAWAY with one of `connection`, or a final answer with such a status."""
        state = self.stream(stream)
        self.pump(lambda: state.reset is not None or (statuses and state.ended) or self.goaway or self.closed, timeout)
        if state.reset is None and state.ended and state.status in statuses:
            return
        if self.goaway:
            assert self.goaway[1] in connection, f"GOAWAY {name(self.goaway[1])} {self.goaway[2]!r}; {names(codes)} on {state}"
            assert self.wait_closed(timeout), "GOAWAY, but the connection stays open"
            return
        assert state.reset is not None, f"no RST_STREAM: {state}, closed: {self.closed}"
        assert state.reset in codes, f"RST_STREAM {name(state.reset)}, not {names(codes)}"
        assert self.answers_ping(), "the connection does not survive a stream error"


def name(code):
    """`PROTOCOL_ERROR` of 1."""
    return f.Code(code).name if code in list(f.Code) else str(code)


def names(codes):
    return " or ".join(name(code) for code in codes)
