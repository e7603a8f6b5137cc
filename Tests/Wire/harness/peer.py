"""One end of an HTTP/2 connection that sends exactly what a test tells it to, and notes all that it receives."""

import collections
import socket
import struct
import time

import hpack

from . import frames as f
from . import grpc

CONNECTION_WINDOW = 65_535


class Stream:
    """What arrived on one stream."""

    def __init__(self, identifier, window):
        self.id = identifier
        self.blocks = []  # header lists in the order of arrival
        self.body = bytearray()
        self.received = 0  # octets of DATA, also where the body is not kept
        self.ended = False
        self.reset = None  # error code of a RST_STREAM
        self.send_window = window
        self.finished_at = None
        self.end_streams = 0

    @property
    def headers(self):
        return dict(self.blocks[0]) if self.blocks else {}

    @property
    def trailers(self):
        return dict(self.blocks[-1]) if self.blocks else {}

    @property
    def status(self):
        """The HTTP status, None before the headers."""
        return int(self.headers[":status"]) if ":status" in self.headers else None

    @property
    def grpc_status(self):
        """The gRPC status, None where there is none (yet)."""
        text = self.trailers.get("grpc-status")
        return int(text) if text is not None else None

    @property
    def messages(self):
        return grpc.messages(self.body)[0]

    @property
    def done(self):
        return self.ended or self.reset is not None

    def __repr__(self):
        return f"<stream {self.id}: {self.blocks} {self.received} octets ended={self.ended} reset={self.reset}>"


class Peer:
    """Frames in and out of one socket. Nothing is sent unasked but what the three switches say."""

    def __init__(self, sock, *, acknowledge=True, answer_pings=True, credit=True, keep_bodies=True, keep_frames=True):
        self.sock = sock
        self.acknowledge, self.answer_pings, self.credit = acknowledge, answer_pings, credit
        self.keep_bodies, self.keep_frames = keep_bodies, keep_frames
        self.buffer = bytearray()
        self.raw = bytearray()  # the first 64 KiB as they came, for recorders
        self.frames = []
        self.counts = {}
        self.pongs = collections.deque(maxlen=64)  # payloads of PINGs that came back
        self.streams = {}
        self.cancelled = set()  # streams that we reset: late DATA of theirs is credited to the connection alone
        self.peer_settings = {}
        self.settings_acks = 0
        self.goaway = None  # (last stream, code, debug data) of the latest GOAWAY
        self.goaways = []
        self.closed = None  # "end" or "reset", once the other side closed
        self.closed_at = None
        self.send_window = CONNECTION_WINDOW
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder(max_header_list_size=1 << 24)
        self.header_block = None
        self.on_event = None

    # Out

    def send(self, *chunks, timeout=10):
        """Writes all octets; a connection that the other side closed is noted, not raised."""
        if self.closed:
            return False
        try:
            self.sock.settimeout(timeout)
            self.sock.sendall(b"".join(chunks))
            return True
        except TimeoutError:
            raise
        except OSError:
            self._note_closed("reset")
            return False

    def block(self, header_list):
        """An encoded header block; text stands for the octets of the same numbers."""
        return self.encoder.encode([(name.encode("latin-1"), value.encode("latin-1")) for name, value in header_list])

    def cancel(self, *streams, code=f.Code.CANCEL):
        """RST_STREAM for each."""
        self.cancelled.update(streams)
        return self.send(*[f.rst_stream(stream, code) for stream in streams])

    def send_data(self, stream, payload, end=False, timeout=10, piece=16_384):
        """DATA as the windows allow; reads while it waits. False if the stream or the connection ended first."""
        deadline = time.monotonic() + timeout
        state, view = self.streams[stream], memoryview(payload)
        while True:
            room = min(self.send_window, state.send_window, piece)
            if len(view) == 0 or room > 0:
                part = view[: max(room, 0)]
                view = view[len(part) :]
                self.send_window -= len(part)
                state.send_window -= len(part)
                if not self.send(f.data(stream, bytes(part), end=end and not len(view)), timeout=timeout):
                    return False
                if not len(view):
                    return True
            elif not self.receive(deadline - time.monotonic()):
                if self.closed:
                    return False
                raise TimeoutError(f"no window for stream {stream} after {timeout} s")
            if state.reset is not None:
                return False

    # In

    def receive(self, timeout):
        """The next frame; None when the time is over or the connection is closed."""
        deadline = time.monotonic() + timeout
        while True:
            received = self._parse()
            if received is not None:
                self._handle(received)
                return received
            if self.closed or not self._read(deadline - time.monotonic()):
                return None

    def pump(self, condition, timeout=5):
        """Receives until the condition holds; its truth at the end."""
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            if self.receive(max(left, 0)) is None and (self.closed or left <= 0):
                return bool(condition())
        return True

    def drain(self, quiet=0.05, limit=2.0):
        """Receives until nothing came for `quiet` seconds, for the counting of what is left."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline and self.receive(quiet) is not None:
            pass

    def _read(self, timeout):
        if timeout < 0:
            timeout = 0
        pending = getattr(self.sock, "pending", lambda: 0)()
        try:
            self.sock.settimeout(None if pending else max(timeout, 0.000_1))
            chunk = self.sock.recv(1 << 20)
        except TimeoutError:
            return False
        except OSError:
            self._note_closed("reset")
            return False
        if not chunk:
            self._note_closed("end")
            return False
        if len(self.raw) < 65_536:
            self.raw += chunk
        self.buffer += chunk
        return True

    def _note_closed(self, how):
        if not self.closed:
            self.closed, self.closed_at = how, time.monotonic()
            self._event()

    def _event(self):
        if self.on_event:
            self.on_event()

    def _parse(self):
        if len(self.buffer) < 9:
            return None
        length = int.from_bytes(self.buffer[:3], "big")
        if len(self.buffer) < 9 + length:
            return None
        kind, flags, stream = struct.unpack_from(">BBI", self.buffer, 3)
        payload = bytes(self.buffer[9 : 9 + length])
        del self.buffer[: 9 + length]
        return f.Frame(kind, flags, stream & 0x7FFF_FFFF, payload)

    def _handle(self, received):
        self.counts[received.type] = self.counts.get(received.type, 0) + 1
        if self.keep_frames:
            self.frames.append(received)
        handler = self._handlers.get(received.type)
        if handler:
            handler(self, received)
        self._event()

    def stream(self, identifier):
        """The record of a stream, made at its first use."""
        if identifier not in self.streams:
            window = self.peer_settings.get(f.INITIAL_WINDOW_SIZE, CONNECTION_WINDOW)
            self.streams[identifier] = Stream(identifier, window)
        return self.streams[identifier]

    def _on_data(self, received):
        state, body = self.stream(received.stream), f.without_padding(received)
        state.received += len(body)
        if self.keep_bodies:
            state.body += body
        if self.credit and received.payload and not self.closed:
            updates = f.window_update(0, len(received.payload))
            if not received.flags & f.END_STREAM and received.stream not in self.cancelled:
                updates += f.window_update(received.stream, len(received.payload))
            self.send(updates)
        if received.flags & f.END_STREAM:
            self._end(state)
        self.on_data(state, body)

    def _on_headers(self, received):
        payload = f.without_padding(received)
        if received.flags & f.PRIORITY_FLAG:
            payload = payload[5:]
        self.header_block = (received, payload)
        self._finish_block(received.flags & f.END_HEADERS)

    def _on_continuation(self, received):
        first, payload = self.header_block
        self.header_block = (first, payload + received.payload)
        self._finish_block(received.flags & f.END_HEADERS)

    def _finish_block(self, complete):
        if not complete:
            return
        first, payload = self.header_block
        self.header_block = None
        fields = self.decoder.decode(payload, raw=True)
        state = self.stream(first.stream)
        state.blocks.append([(bytes(k).decode("latin-1"), bytes(v).decode("latin-1")) for k, v in fields])
        if first.flags & f.END_STREAM:
            self._end(state)
        self.on_headers(state)

    def _end(self, state):
        state.ended = True
        state.end_streams += 1
        state.finished_at = time.monotonic()
        self.on_end(state)

    def _on_rst(self, received):
        state = self.stream(received.stream)
        state.reset = int.from_bytes(received.payload, "big")
        state.finished_at = time.monotonic()
        self.on_reset(state)

    def _on_settings(self, received):
        if received.flags & f.ACK:
            self.settings_acks += 1
            return
        for key, value in struct.iter_unpack(">HI", received.payload):
            if key == f.INITIAL_WINDOW_SIZE:
                change = value - self.peer_settings.get(key, CONNECTION_WINDOW)
                for state in self.streams.values():
                    state.send_window += change
            self.peer_settings[key] = value
        if self.acknowledge:
            self.send(f.settings_ack())

    def _on_ping(self, received):
        if received.flags & f.ACK:
            self.pongs.append(received.payload)
        if self.answer_pings and not received.flags & f.ACK:
            self.send(f.ping(received.payload, ack=True))

    def _on_goaway(self, received):
        last, code = struct.unpack_from(">II", received.payload)
        self.goaway = (last & 0x7FFF_FFFF, code, received.payload[8:])
        self.goaways.append(self.goaway)

    def _on_window_update(self, received):
        increment = int.from_bytes(received.payload, "big") & 0x7FFF_FFFF
        if received.stream == 0:
            self.send_window += increment
        else:
            self.stream(received.stream).send_window += increment

    _handlers = {
        f.DATA: _on_data,
        f.HEADERS: _on_headers,
        f.CONTINUATION: _on_continuation,
        f.RST_STREAM: _on_rst,
        f.SETTINGS: _on_settings,
        f.PING: _on_ping,
        f.GOAWAY: _on_goaway,
        f.WINDOW_UPDATE: _on_window_update,
    }

    # For scripted servers

    def on_headers(self, state):
        """A whole header block arrived."""

    def on_data(self, state, body):
        """A DATA frame arrived."""

    def on_end(self, state):
        """END_STREAM arrived."""

    def on_reset(self, state):
        """RST_STREAM arrived."""

    # End

    def close(self):
        """Closes the socket at once."""
        try:
            self.sock.close()
        except OSError:
            pass

    def abort(self):
        """Closes with a TCP reset."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
