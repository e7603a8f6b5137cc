"""RFC 9113 section 5: what may arrive in each state of a stream, stream identifiers, concurrency, priority."""

import pytest

from harness import frames as f
from harness import grpc
from harness.frames import Code
from harness.gateway import Gateway
from harness.targets import Cases

cases = Cases()
CLOSED_WINDOW = ((f.INITIAL_WINDOW_SIZE, 0),)  # responses stay unfinished: the stream remains half-closed (remote)
LATE = (Code.STREAM_CLOSED,)


@pytest.fixture(scope="module")
def shared(flight_server):
    with Gateway(flight_server.location) as gateway:
        yield gateway


# Idle

for title, build in [
    ("DATA", lambda c, t: f.data(1, b"test", end=True)),
    ("RST_STREAM", lambda c, t: f.rst_stream(1)),
    ("WINDOW_UPDATE", lambda c, t: f.window_update(1, 100)),
    ("CONTINUATION", lambda c, t: f.continuation(1, c.block(t.fields()), True)),
    ("DATA of a high number", lambda c, t: f.data(0x7FFF_FFFF, b"test", end=True)),
]:

    @cases.add("5.1", f"{title} on an idle stream is a PROTOCOL_ERROR")
    def _(c, t, build=build):
        c.send(build(c, t))
        c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("5.1", "PRIORITY on an idle stream is ignored, and a lower one may be opened after it")
def _(c, t):
    c.send(f.priority(7, 0))
    t.works(c)


# Half-closed (remote)


@cases.add("5.1", "DATA on a half-closed stream is STREAM_CLOSED", settings=CLOSED_WINDOW)
def _(c, t):
    stream = t.send(c)
    c.send(f.data(stream, b"test", end=True))
    c.expect_stream_error(stream, *LATE, connection=LATE)


@cases.add("5.1", "HEADERS on a half-closed stream are STREAM_CLOSED", settings=CLOSED_WINDOW)
def _(c, t):
    stream = t.send(c)
    c.send(f.headers(stream, c.block(t.fields()), end_stream=True))
    c.expect_stream_error(stream, *LATE, connection=LATE)


@cases.add("5.1", "a CONTINUATION on a half-closed stream is an error", settings=CLOSED_WINDOW)
def _(c, t):
    stream = t.send(c)
    c.send(f.continuation(stream, c.block(t.fields()), True))
    c.expect_connection_error(Code.STREAM_CLOSED, Code.PROTOCOL_ERROR)


@cases.add("5.1", "a WINDOW_UPDATE on a half-closed stream opens its window", settings=CLOSED_WINDOW)
def _(c, t):
    stream = t.send(c)
    c.send(f.window_update(stream, 1 << 16))
    t.expect_answer(c, stream)


@cases.add("5.1", "PRIORITY on a half-closed stream is ignored", settings=CLOSED_WINDOW)
def _(c, t):
    stream = t.send(c)
    c.send(f.priority(stream, 0), f.window_update(stream, 1 << 16))
    t.expect_answer(c, stream)


@cases.add("5.1", "RST_STREAM on a half-closed stream ends it and nothing else", settings=CLOSED_WINDOW)
def _(c, t):
    stream = t.send(c)
    c.send(f.rst_stream(stream, Code.CANCEL), f.settings((f.INITIAL_WINDOW_SIZE, 65_535)))
    t.works(c)
    assert not c.stream(stream).received and c.stream(stream).reset is None


# Closed


@cases.add("5.1", "DATA after the client's RST_STREAM is STREAM_CLOSED")
def _(c, t):
    stream = t.open(c)
    c.send(f.rst_stream(stream), f.data(stream, b"test", end=True))
    c.expect_stream_error(stream, *LATE, connection=LATE)


@cases.add("5.1", "HEADERS after the client's RST_STREAM are STREAM_CLOSED")
def _(c, t):
    stream = t.open(c)
    c.send(f.rst_stream(stream), f.headers(stream, c.block(t.fields()), end_stream=True))
    c.expect_stream_error(stream, *LATE, connection=LATE)


@cases.add("5.1", "a CONTINUATION after the client's RST_STREAM is an error")
def _(c, t):
    stream = t.open(c)
    c.send(f.rst_stream(stream), f.continuation(stream, c.block(t.fields()), True))
    c.expect_connection_error(Code.STREAM_CLOSED, Code.PROTOCOL_ERROR)


@cases.add("5.1", "DATA on a stream that both sides ended is STREAM_CLOSED")
def _(c, t):
    stream = t.send(c)
    t.expect_answer(c, stream)
    c.send(f.data(stream, b"test", end=True))
    c.expect_stream_error(stream, *LATE, connection=LATE)


@cases.add("5.1", "HEADERS on a stream that both sides ended are a connection error")
def _(c, t):
    stream = t.send(c)
    t.expect_answer(c, stream)
    c.send(f.headers(stream, c.block(t.fields()), end_stream=True))
    c.expect_connection_error(Code.STREAM_CLOSED, Code.PROTOCOL_ERROR)


@cases.add("5.1", "a CONTINUATION on a stream that both sides ended is a connection error")
def _(c, t):
    stream = t.send(c)
    t.expect_answer(c, stream)
    c.send(f.continuation(stream, c.block(t.fields()), True))
    c.expect_connection_error(Code.STREAM_CLOSED, Code.PROTOCOL_ERROR)


@cases.add("5.1", "WINDOW_UPDATE, RST_STREAM and PRIORITY on a closed stream are ignored")
def _(c, t):
    stream = t.send(c)
    t.expect_answer(c, stream)
    c.send(f.window_update(stream, 1), f.priority(stream, 0), f.rst_stream(stream))
    t.works(c)
    assert not c.goaway


@cases.add("5.1", "what was under way to a stream that the server reset is ignored")
def _(c, t):
    stream = t.open(c)
    c.send(f.window_update(stream, 0))
    assert c.pump(lambda: c.stream(stream).reset is not None)
    c.send(f.data(stream, b"late"), f.window_update(stream, 5), f.data(stream, b"", end=True))
    t.works(c)
    assert not c.goaway, f"frames that the client sent in good faith end the connection: {c.goaway}"


@cases.add("5.1", "HPACK stays in step across a header block of a reset stream")
def _(c, t):
    stream = t.open(c)
    c.send(f.window_update(stream, 0))
    assert c.pump(lambda: c.stream(stream).reset is not None)
    c.send(f.headers(stream, c.block([("x-late", "it fills the table")]), end_stream=True))
    answer = t.expect_answer(c, t.send(c, extra=[("x-late", "it fills the table")]))
    assert answer.status == 200 and not c.goaway


# Identifiers


@cases.add("5.1.1", "an even stream number from a client is a PROTOCOL_ERROR")
def _(c, t):
    c.send(f.headers(2, c.block(t.fields()), end_stream=True))
    c.expect_connection_error(Code.PROTOCOL_ERROR)


@cases.add("5.1.1", "a stream number lower than the last is a PROTOCOL_ERROR")
def _(c, t):
    c.next_stream = 5
    t.expect_answer(c, t.send(c))
    c.send(f.headers(3, c.block(t.fields()), end_stream=True))
    c.expect_connection_error(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED)


@cases.add("5.1.1", "stream numbers may be left out")
def _(c, t):
    for number in (9, 101, 0x7FFF_FFFF):
        c.next_stream = number
        t.expect_answer(c, t.send(c))


@cases.add("5.1.2", "streams above MAX_CONCURRENT_STREAMS are refused, and the connection goes on", settings=CLOSED_WINDOW)
def _(c, t):
    limit = c.peer_settings[f.MAX_CONCURRENT_STREAMS]
    streams = [t.send(c) for _ in range(limit)]
    extra = t.send(c)
    c.expect_stream_error(extra, Code.REFUSED_STREAM, Code.PROTOCOL_ERROR)
    assert not any(c.stream(stream).reset is not None for stream in streams)
    c.send(f.settings((f.INITIAL_WINDOW_SIZE, 65_535)))
    for stream in streams:
        t.expect_answer(c, stream)
    t.works(c)


# Priority


@cases.add("5.3.1", "HEADERS that depend on themselves are a PROTOCOL_ERROR of the stream")
def _(c, t):
    stream = c.open(t.fields(), priority=f.priority_fields(1))
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR, connection=(Code.PROTOCOL_ERROR,))


@cases.add("5.3.1", "PRIORITY that depends on itself is a PROTOCOL_ERROR of the stream")
def _(c, t):
    stream = t.open(c)
    c.send(f.priority(stream, stream))
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR, connection=(Code.PROTOCOL_ERROR,))


# Flow control of what the client sends


@pytest.fixture
def stuck(start, upstream):
    """A gateway whose upstream grants no credit beyond its first window."""
    server = upstream(on_request=lambda peer, state: None, credit=False)
    return start(server)


def test_conformance_6_9_1_data_beyond_a_streams_window_is_a_flow_control_error(stuck):
    with stuck.connect() as c:
        stream = c.open(grpc.request_headers("DoPut"))
        c.drain()
        window = c.streams[stream].send_window
        c.send(f.data(stream, b"\x00\x7f\xff\xff\xff"))
        piece = bytes(16_384)
        for _ in range((window + 65_535) // len(piece) + 3):  # its window, and what the upstream's takes from it
            if not c.send(f.data(stream, piece)):
                break
        c.expect_stream_error(stream, Code.FLOW_CONTROL_ERROR, connection=(Code.FLOW_CONTROL_ERROR,))


@pytest.mark.parametrize("row", cases.rows, ids=cases.ids)
def test_conformance_streams(shared, row):
    cases.run(shared, row)
