"""RFC 9113 section 8 and the generic exchanges: which requests are malformed, and how messages are told apart."""

import pytest

from harness import frames as f
from harness.frames import Code
from harness.gateway import Gateway
from harness.targets import Cases

cases = Cases()
REFUSED = (400, 413, 421, 431)


@pytest.fixture(scope="module")
def shared(flight_server):
    with Gateway(flight_server.location) as gateway:
        yield gateway


def malformed(title, section="8.1.1", **change):
    """A header list that is refused as a stream error, without harm to the connection."""

    @cases.add(section, f"{title} is malformed")
    def _(c, t):
        stream = c.open(t.fields(**change), end=True)
        c.expect_stream_error(stream, Code.PROTOCOL_ERROR, statuses=REFUSED)
        t.works(c)


malformed("a field name in upper case", "8.2.1", extra=[("X-Test", "ok")])
malformed("an empty field name", "8.2.1", extra=[("", "ok")])
malformed("a field name with a space", "8.2.1", extra=[("x test", "ok")])
malformed("a field name with a colon inside", "8.2.1", extra=[("x:test", "ok")])
malformed("a field value with LF", "8.2.1", extra=[("x-test", "a\nb")])
malformed("a field value with CR", "8.2.1", extra=[("x-test", "a\rb")])
malformed("a field value with NUL", "8.2.1", extra=[("x-test", "a\0b")])
malformed("a field value with a space before it", "8.2.1", extra=[("x-test", " a")])
malformed("a field value with a tab after it", "8.2.1", extra=[("x-test", "a\t")])
malformed("an unknown pseudo field", "8.3", extra=[(":test", "ok")])
malformed("a response's pseudo field", "8.3", extra=[(":status", "200")])
malformed("connection", "8.2.2", extra=[("connection", "keep-alive")])
malformed("keep-alive", "8.2.2", extra=[("keep-alive", "timeout=5")])
malformed("proxy-connection", "8.2.2", extra=[("proxy-connection", "close")])
malformed("transfer-encoding", "8.2.2", extra=[("transfer-encoding", "chunked")])
malformed("upgrade", "8.2.2", extra=[("upgrade", "h2c")])
malformed("te other than trailers", "8.2.2", extra=[("te", "trailers, deflate;q=0.5")])
malformed("an empty :path", "8.3.1", path="")
malformed("a request without :method", "8.3.1", without=[":method"])
malformed("a request without :scheme", "8.3.1", without=[":scheme"])
malformed("a request without :path", "8.3.1", without=[":path"])
for name in (":method", ":scheme", ":path", ":authority"):

    @cases.add("8.3.1", f"{name} twice is malformed")
    def _(c, t, name=name):
        fields = t.fields()
        again = next(field for field in fields if field[0] == name)
        stream = c.open([again, *fields], end=True)
        c.expect_stream_error(stream, Code.PROTOCOL_ERROR, statuses=REFUSED)
        t.works(c)


@cases.add("8.3", "a pseudo field after a regular one is malformed")
def _(c, t):
    fields = t.fields()
    stream = c.open([fields[0], fields[1], ("x-test", "ok"), *fields[2:]], end=True)
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR, statuses=REFUSED)
    t.works(c)


@cases.add("8.1", "a second HEADERS without END_STREAM is malformed")
def _(c, t):
    stream = t.open(c)
    c.send(f.headers(stream, c.block([("x-trailer", "ok")])))
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR)
    t.works(c)


@cases.add("8.1", "pseudo fields in trailers are malformed")
def _(c, t):
    stream = t.open(c)
    c.send(f.headers(stream, c.block([(":method", "POST"), ("x-trailer", "ok")]), end_stream=True))
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR)
    t.works(c)


@cases.add("8.1", "trailers in upper case are malformed")
def _(c, t):
    stream = t.open(c)
    c.send(f.headers(stream, c.block([("X-Trailer", "ok")]), end_stream=True))
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR)
    t.works(c)


@cases.add("8.1", "DATA after trailers is STREAM_CLOSED", settings=((f.INITIAL_WINDOW_SIZE, 0),))
def _(c, t):
    stream = t.open(c)
    c.send(f.data(stream, t.body), f.headers(stream, c.block([("x-trailer", "ok")]), end_stream=True))
    c.send(f.data(stream, b"x"))
    c.expect_stream_error(stream, Code.STREAM_CLOSED, connection=(Code.STREAM_CLOSED,))


@cases.add("8.1.1", "DATA longer than content-length is malformed")
def _(c, t):
    stream = t.open(c, extra=[("content-length", "1")])
    c.send(f.data(stream, t.body, end=True))
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR, statuses=REFUSED)
    t.works(c)


@cases.add("8.1.1", "several DATA frames longer than content-length are malformed")
def _(c, t):
    stream = t.open(c, extra=[("content-length", str(len(t.body)))])
    c.send(f.data(stream, t.body), f.data(stream, t.body, end=True))
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR, statuses=REFUSED)
    t.works(c)


@cases.add("8.1.1", "DATA shorter than content-length is malformed")
def _(c, t):
    stream = t.open(c, extra=[("content-length", "100")])
    c.send(f.data(stream, t.body, end=True))
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR, statuses=REFUSED)
    t.works(c)


@cases.add("8.1.1", "no DATA although content-length says some is malformed")
def _(c, t):
    stream = c.open(t.fields(extra=[("content-length", "5")]), end=True)
    c.expect_stream_error(stream, Code.PROTOCOL_ERROR, statuses=REFUSED)
    t.works(c)


for value in ("1, 2", "-1", "0x5", "5 5", "18446744073709551616", ""):

    @cases.add("8.1.1", f"content-length {value!r} is malformed")
    def _(c, t, value=value):
        stream = c.open(t.fields(extra=[("content-length", value)]), end=True)
        c.expect_stream_error(stream, Code.PROTOCOL_ERROR, statuses=REFUSED)
        t.works(c)


# Good messages


@cases.add("8.1", "a whole request is answered")
def _(c, t):
    t.works(c)


@cases.add("8.1", "a right content-length is accepted")
def _(c, t):
    t.expect_answer(c, t.send(c, extra=[("content-length", str(len(t.body)))]))


@cases.add("8.1", "DATA in several frames is one body")
def _(c, t):
    stream = t.open(c)
    for octet in t.body:
        c.send(f.data(stream, bytes([octet])))
    c.send(f.data(stream, b"", end=True))
    t.expect_answer(c, stream)


@cases.add("8.1", "a request with trailers is answered")
def _(c, t):
    stream = t.open(c)
    c.send(f.data(stream, t.body), f.headers(stream, c.block([("x-trailer", "ok")]), end_stream=True))
    t.expect_answer(c, stream)


@cases.add("8.1", "GET without a body is answered with one", only="health")
def _(c, t):
    state = c.get("/healthz")
    assert state.status == 200 and state.ended and state.received > 0


@cases.add("8.1", "HEAD is answered without a body", only="health")
def _(c, t):
    state = c.get("/healthz", method="HEAD")
    assert state.ended and state.received == 0 and state.status is not None


@cases.add("8.2.3", "cookie crumbs are accepted")
def _(c, t):
    t.expect_answer(c, t.send(c, extra=[("cookie", "a=1"), ("cookie", "b=2")]))


@cases.add("8.3.1", "a request with host instead of :authority is answered")
def _(c, t):
    t.expect_answer(c, t.send(c, without=[":authority"], extra=[("host", "localhost")]))


@cases.add("8.5", "CONNECT is refused without harm")
def _(c, t):
    stream = c.open([(":method", "CONNECT"), (":authority", "localhost:80")])
    c.pump(lambda: c.stream(stream).done)
    assert c.stream(stream).done and c.stream(stream).status != 200
    t.works(c)


@cases.add("5", "interleaved requests are each answered")
def _(c, t):
    streams = [t.open(c) for _ in range(20)]
    for stream in reversed(streams):
        c.send(f.data(stream, t.body, end=True))
    for stream in streams:
        t.expect_answer(c, stream)


@pytest.mark.parametrize("row", cases.rows, ids=cases.ids)
def test_conformance_messages(shared, row):
    cases.run(shared, row)
