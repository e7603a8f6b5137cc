"""RFC 9113 sections 3.4, 4 and 6: the preface, the layout of frames, and what each frame type may say."""

import struct

import pytest

from harness import frames as f
from harness.frames import Code
from harness.gateway import Gateway
from harness.targets import Cases

cases = Cases()


@pytest.fixture(scope="module")
def shared(flight_server):
    with Gateway(flight_server.location) as gateway:
        yield gateway


@cases.add("3.4", "a right preface is answered with SETTINGS first", handshake=False)
def _(c, t):
    c.send(f.PREFACE, f.settings())
    assert c.receive(5).type == f.SETTINGS
    t.works(c)


@cases.add("3.4", "requests may follow the preface at once", handshake=False)
def _(c, t):
    c.next_stream = 3
    head = f.headers(1, c.block(t.fields())) + f.data(1, t.body, end=True)
    c.send(f.PREFACE, f.settings(), head)
    t.expect_answer(c, 1)


@cases.add("3.4", "a wrong preface ends the connection", handshake=False)
def _(c, t):
    c.send(b"INVALID CONNECTION PREFACE\r\n\r\n")
    assert c.wait_closed()


@cases.add("3.4", "HTTP/1.1 ends the connection", handshake=False)
def _(c, t):
    c.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert c.wait_closed()


@cases.add("3.4", "a preface without SETTINGS is a PROTOCOL_ERROR", handshake=False)
def _(c, t):
    c.send(f.PREFACE, f.ping())
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("3.4", "an acknowledgement is not the first SETTINGS", handshake=False)
def _(c, t):
    c.send(f.PREFACE, f.settings_ack())
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("3.4", "a preface in pieces of one octet is a preface", handshake=False)
def _(c, t):
    for octet in f.PREFACE + f.settings():
        c.send(bytes([octet]))
    t.works(c)


@cases.add("4.1", "an unknown frame type is ignored")
def _(c, t):
    c.send(f.frame(0x16, 0, 0, bytes(8)), f.frame(0xFF, 0xFF, 7, b"x"))
    t.works(c)


@cases.add("4.1", "undefined flags are ignored")
def _(c, t):
    c.send(f.frame(f.PING, 0x16, 0, b"8 octets"))
    assert c.pump(lambda: any(x.type == f.PING and x.payload == b"8 octets" and x.flags & 1 for x in c.frames))


@cases.add("4.1", "the reserved bit is ignored")
def _(c, t):
    c.send(f.frame(f.PING, 0, 0, b"reserved", reserved=1))
    assert c.pump(lambda: any(x.type == f.PING and x.payload == b"reserved" for x in c.frames))
    c.send(f.frame(f.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 31 | 5)))
    t.works(c)


@cases.add("4.2", "a DATA frame of 2^14 octets is accepted")
def _(c, t):
    stream = t.open(c, extra=[("content-length", str(16_384))])
    c.send(f.data(stream, (t.body + bytes(16_384))[:16_384], end=True))
    state = c.stream(stream)
    assert c.pump(lambda: state.done)
    assert state.reset in (None, Code.NO_ERROR) and not c.goaway, f"{state} {c.goaway}"


@cases.add("4.2", "a DATA frame above MAX_FRAME_SIZE is a FRAME_SIZE_ERROR")
def _(c, t):
    largest = c.peer_settings.get(f.MAX_FRAME_SIZE, 16_384)
    stream = t.open(c)
    c.send(f.frame(f.DATA, f.END_STREAM, stream, length=largest + 1))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR)


@cases.add("4.2", "a HEADERS frame above MAX_FRAME_SIZE is a FRAME_SIZE_ERROR")
def _(c, t):
    largest = c.peer_settings.get(f.MAX_FRAME_SIZE, 16_384)
    c.send(f.frame(f.HEADERS, f.END_HEADERS | f.END_STREAM, 1, length=largest + 1))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR)


@cases.add("4.2", "a SETTINGS frame above MAX_FRAME_SIZE is a FRAME_SIZE_ERROR")
def _(c, t):
    largest = c.peer_settings.get(f.MAX_FRAME_SIZE, 16_384)
    c.send(f.frame(f.SETTINGS, 0, 0, length=largest // 6 * 6 + 6))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR, Code.ENHANCE_YOUR_CALM)


@cases.add("4.3", "a header block that cannot be decoded is a COMPRESSION_ERROR")
def _(c, t):
    c.send(f.headers(1, b"\x40\x01", end_stream=True))
    c.expect_connection_error(Code.COMPRESSION_ERROR)


@cases.add("4.3", "a PRIORITY inside a header block is a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.headers(1, c.block(t.fields()), end_headers=False), f.priority(1, 0))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("4.3", "HEADERS of another stream inside a header block are a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.headers(1, c.block(t.fields()), end_headers=False), f.headers(3, c.block(t.fields()), end_stream=True))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("5.4.1", "after a connection error there is a GOAWAY and the connection closes")
def _(c, t):
    c.send(f.frame(f.PING, 0, 3, bytes(8)))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("5.5", "an unknown frame inside a header block is a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.headers(1, c.block(t.fields()), end_headers=False), f.frame(0x16, 0, 0, bytes(8)))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.1", "DATA on stream 0 is a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.data(0, b"test", end=True))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.1", "padding as long as the payload of DATA is a PROTOCOL_ERROR")
def _(c, t):
    stream = t.open(c)
    c.send(f.frame(f.DATA, f.PADDED | f.END_STREAM, stream, b"\x06test!"))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.1", "PADDED DATA without a length octet is a FRAME_SIZE_ERROR")
def _(c, t):
    stream = t.open(c)
    c.send(f.frame(f.DATA, f.PADDED | f.END_STREAM, stream, b""))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR, Code.PROTOCOL_ERROR)


@cases.add("6.1", "padded DATA is accepted")
def _(c, t):
    stream = t.open(c)
    c.send(f.data(stream, t.body, end=True, pad=255))
    t.expect_answer(c, stream)


@cases.add("6.1", "DATA of nothing but padding is accepted")
def _(c, t):
    stream = t.open(c)
    c.send(f.data(stream, t.body), f.data(stream, b"", end=True, pad=9))
    t.expect_answer(c, stream)


@cases.add("6.2", "HEADERS on stream 0 are a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.headers(0, c.block(t.fields()), end_stream=True))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.2", "padding as long as the payload of HEADERS is a PROTOCOL_ERROR")
def _(c, t):
    block = c.block(t.fields())
    c.send(f.frame(f.HEADERS, f.PADDED | f.END_HEADERS | f.END_STREAM, 1, bytes([min(len(block) + 1, 255)]) + block))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.2", "HEADERS too short for their flags are refused")
def _(c, t):
    c.send(f.frame(f.HEADERS, f.PRIORITY_FLAG | f.PADDED | f.END_HEADERS | f.END_STREAM, 1, b"\x00\x00\x00"))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR, Code.PROTOCOL_ERROR)


@cases.add("6.2", "padded HEADERS with a priority are accepted")
def _(c, t):
    stream = c.open(t.fields(), pad=17, priority=f.priority_fields(0, 200, True))
    c.send(f.data(stream, t.body, end=True))
    t.expect_answer(c, stream)


@cases.add("6.3", "PRIORITY on stream 0 is a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.priority(0, 3))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.3", "PRIORITY of a wrong length is a FRAME_SIZE_ERROR of the stream")
def _(c, t):
    stream = t.open(c)
    c.send(f.frame(f.PRIORITY, 0, stream, b"\x80\x00\x00\x01"))
    c.expect_stream_error(stream, Code.FRAME_SIZE_ERROR, connection=(Code.FRAME_SIZE_ERROR,))


@cases.add("6.3", "PRIORITY of any weight, dependency or exclusivity is ignored")
def _(c, t):
    c.send(f.priority(1, 0, 1), f.priority(1, 0, 256), f.priority(5, 1, 3), f.priority(7, 5, 9, True))
    t.works(c)


@cases.add("6.4", "RST_STREAM on stream 0 is a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.rst_stream(0))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.4", "RST_STREAM on an idle stream is a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.rst_stream(1))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.4", "RST_STREAM of a wrong length is a FRAME_SIZE_ERROR")
def _(c, t):
    stream = t.open(c)
    c.send(f.frame(f.RST_STREAM, 0, stream, b"\x00\x00\x00"))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR)


@cases.add("6.5", "an acknowledgement with a payload is a FRAME_SIZE_ERROR")
def _(c, t):
    c.send(f.frame(f.SETTINGS, f.ACK, 0, b"\x00"))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR)


@cases.add("6.5", "SETTINGS on a stream are a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.frame(f.SETTINGS, 0, 1, struct.pack(">HI", f.MAX_CONCURRENT_STREAMS, 100)))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.5", "SETTINGS whose length is no multiple of 6 are a FRAME_SIZE_ERROR")
def _(c, t):
    c.send(f.frame(f.SETTINGS, 0, 0, b"\x00\x03\x00"))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR)


for value, key, code, title in [
    (2, f.ENABLE_PUSH, Code.PROTOCOL_ERROR, "ENABLE_PUSH 2"),
    (1 << 31, f.INITIAL_WINDOW_SIZE, Code.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE 2^31"),
    ((1 << 32) - 1, f.INITIAL_WINDOW_SIZE, Code.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE 2^32-1"),
    (16_383, f.MAX_FRAME_SIZE, Code.PROTOCOL_ERROR, "MAX_FRAME_SIZE 16383"),
    (0, f.MAX_FRAME_SIZE, Code.PROTOCOL_ERROR, "MAX_FRAME_SIZE 0"),
    (1 << 24, f.MAX_FRAME_SIZE, Code.PROTOCOL_ERROR, "MAX_FRAME_SIZE 2^24"),
]:

    @cases.add("6.5.2", f"{title} is a {code.name}")
    def _(c, t, key=key, value=value, code=code):
        c.send(f.settings((key, value)))
        c.expect_connection_error(code)


@cases.add("6.5.2", "an unknown setting is ignored and acknowledged")
def _(c, t):
    seen = c.settings_acks
    c.send(f.settings((0xFF, 1), (0xFE03, 1)))
    assert c.pump(lambda: c.settings_acks > seen)
    t.works(c)


@cases.add("6.5.3", "the last of several values counts", settings=((f.INITIAL_WINDOW_SIZE, 100), (f.INITIAL_WINDOW_SIZE, 1)))
def _(c, t):
    c.credit = False
    stream = t.send(c)
    assert c.pump(lambda: c.stream(stream).received)
    c.drain()
    assert c.stream(stream).received == 1
    c.send(f.window_update(stream, 1 << 20))
    t.expect_answer(c, stream)


@cases.add("6.5.3", "each SETTINGS frame is acknowledged")
def _(c, t):
    seen = c.settings_acks
    c.send(*[f.settings((f.MAX_CONCURRENT_STREAMS, 10 + i)) for i in range(5)])
    assert c.pump(lambda: c.settings_acks == seen + 5)


@cases.add("6.7", "a PING comes back with its octets")
def _(c, t):
    assert c.answers_ping(b"h2checks")


@cases.add("6.7", "an acknowledged PING is not answered")
def _(c, t):
    c.send(f.ping(b"invalid!", ack=True))
    assert c.answers_ping(b"measured")
    assert not any(x.type == f.PING and x.payload == b"invalid!" for x in c.frames)


@cases.add("6.7", "a PING on a stream is a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.frame(f.PING, 0, 1, bytes(8)))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.7", "a PING of a wrong length is a FRAME_SIZE_ERROR")
def _(c, t):
    c.send(f.frame(f.PING, 0, 0, bytes(6)))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR)


@cases.add("6.8", "a GOAWAY on a stream is a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.frame(f.GOAWAY, 0, 1, bytes(8)))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.8", "a GOAWAY too short is a FRAME_SIZE_ERROR")
def _(c, t):
    c.send(f.frame(f.GOAWAY, 0, 0, bytes(7)))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR)


@cases.add("6.8", "what is open is finished after a GOAWAY of the client")
def _(c, t):
    stream = t.open(c)
    c.send(f.goaway(0, Code.NO_ERROR, b"done"), f.data(stream, t.body, end=True))
    t.expect_answer(c, stream)


@cases.add("6.9", "a WINDOW_UPDATE of 0 for the connection is a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.window_update(0, 0))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.9", "a WINDOW_UPDATE of 0 for a stream is a PROTOCOL_ERROR of the stream")
def _(c, t):
    stream = t.open(c)
    c.send(f.window_update(stream, 0))
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR)


@cases.add("6.9", "a WINDOW_UPDATE of a wrong length is a FRAME_SIZE_ERROR")
def _(c, t):
    c.send(f.frame(f.WINDOW_UPDATE, 0, 0, b"\x00\x00\x01"))
    c.expect_connection_error(Code.FRAME_SIZE_ERROR)


@cases.add("6.9.1", "a window of 1 gets DATA of one octet", settings=((f.INITIAL_WINDOW_SIZE, 1),))
def _(c, t):
    stream = t.send(c)
    assert c.pump(lambda: c.frames_seen(f.DATA))
    assert [len(x.payload) for x in c.frames if x.type == f.DATA][0] == 1
    t.expect_answer(c, stream)


@cases.add("6.9.1", "a connection window above 2^31-1 is a FLOW_CONTROL_ERROR")
def _(c, t):
    c.send(f.window_update(0, 0x7FFF_FFFF), f.window_update(0, 0x7FFF_FFFF))
    c.expect_connection_error(Code.FLOW_CONTROL_ERROR)


@cases.add("6.9.1", "a stream window above 2^31-1 is a FLOW_CONTROL_ERROR of the stream")
def _(c, t):
    stream = t.open(c)
    c.send(f.window_update(stream, 0x7FFF_FFFF), f.window_update(stream, 0x7FFF_FFFF))
    c.expect_stream_error(stream, Code.FLOW_CONTROL_ERROR)


@cases.add("6.9.2", "a change of INITIAL_WINDOW_SIZE opens windows", settings=((f.INITIAL_WINDOW_SIZE, 0),))
def _(c, t):
    stream = t.send(c)
    assert c.pump(lambda: c.stream(stream).blocks)
    c.send(f.settings((f.INITIAL_WINDOW_SIZE, 1)))
    assert c.pump(lambda: c.frames_seen(f.DATA))
    assert [len(x.payload) for x in c.frames if x.type == f.DATA][0] == 1


@cases.add("6.9.2", "a window may become negative", settings=((f.INITIAL_WINDOW_SIZE, 3),))
def _(c, t):
    c.credit = False
    stream = t.send(c) if t.name == "grpc" else c.open(t.fields(method="GET"), end=True)
    state = c.stream(stream)
    assert c.pump(lambda: state.received > 0)
    got = state.received
    c.send(f.settings((f.INITIAL_WINDOW_SIZE, 1)))
    assert c.answers_ping() and not state.done
    c.send(f.window_update(stream, 2))
    assert c.answers_ping(b"negative")
    assert state.received == got, "DATA flowed through a window of 0"
    c.send(f.window_update(stream, 1))
    assert c.pump(lambda: state.received == got + 1)


@cases.add("6.9.2", "an INITIAL_WINDOW_SIZE that overflows a window is a FLOW_CONTROL_ERROR")
def _(c, t):
    stream = t.open(c)
    c.send(f.window_update(stream, 0x7FFF_FFFF - 65_535), f.settings((f.INITIAL_WINDOW_SIZE, 65_536)))
    c.expect_connection_error(Code.FLOW_CONTROL_ERROR)


@cases.add("6.10", "several CONTINUATION frames make one block")
def _(c, t):
    block = c.block(t.fields(extra=[("x-note", "0123456789" * 8)]))
    cut = [block[: len(block) // 3], block[len(block) // 3 : len(block) // 2], block[len(block) // 2 :]]
    c.send(f.headers(1, cut[0], end_headers=False), f.continuation(1, cut[1]), f.continuation(1, cut[2], True))
    c.send(f.data(1, t.body, end=True))
    t.expect_answer(c, 1)


def _block_in_two(c, t):
    block = c.block(t.fields())
    return block[:4], block[4:]


for title, build in [
    ("a CONTINUATION followed by HEADERS", lambda a, b: [f.headers(1, a, end_headers=False), f.continuation(1, b), f.headers(3, a)]),
    ("a CONTINUATION followed by DATA", lambda a, b: [f.headers(1, a, end_headers=False), f.continuation(1, b), f.data(1, b"x")]),
    ("a CONTINUATION on stream 0", lambda a, b: [f.headers(1, a, end_headers=False), f.continuation(0, b, True)]),
    ("a CONTINUATION of another stream", lambda a, b: [f.headers(1, a, end_headers=False), f.continuation(3, b, True)]),
    ("a CONTINUATION after END_HEADERS", lambda a, b: [f.headers(1, a + b), f.continuation(1, b, True)]),
    ("a CONTINUATION after the last CONTINUATION",
     lambda a, b: [f.headers(1, a, end_headers=False), f.continuation(1, b, True), f.continuation(1, b, True)]),
    ("a CONTINUATION after DATA", lambda a, b: [f.headers(1, a + b), f.data(1, b"x"), f.continuation(1, b, True)]),
    ("a CONTINUATION without HEADERS", lambda a, b: [f.continuation(1, a + b, True)]),
]:

    @cases.add("6.10", f"{title} is a PROTOCOL_ERROR")
    def _(c, t, build=build):
        c.send(*build(*_block_in_two(c, t)))
        c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("6.6", "a PUSH_PROMISE from a client is a PROTOCOL_ERROR")
def _(c, t):
    stream = t.open(c)
    c.send(f.push_promise(stream, 2, c.block(t.fields(method="GET"))))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("7", "a GOAWAY with an unknown code is no trouble")
def _(c, t):
    c.send(f.goaway(0, 0xFF))
    c.send(f.ping(b"afterall"))
    assert c.pump(lambda: c.closed or any(x.type == f.PING and x.payload == b"afterall" for x in c.frames))


@cases.add("7", "a RST_STREAM with an unknown code is no trouble")
def _(c, t):
    stream = t.open(c)
    c.send(f.rst_stream(stream, 0xFF))
    t.works(c)


@pytest.mark.parametrize("row", cases.rows, ids=cases.ids)
def test_conformance_frames(shared, row):
    cases.run(shared, row)
