"""The client side of RFC 9113: what a misbehaving upstream does ends its own connection, and its calls get an error.

T22 for upstreams. After each case the same gateway serves the next call over a new connection to the same upstream.
"""

import struct

import pytest

from harness import frames as f
from harness import grpc
from harness.badserver import BadServer
from harness.frames import Code
from harness.gateway import Gateway

FAILED = (grpc.UNAVAILABLE, grpc.INTERNAL)
CASES = []


def case(title, *codes, statuses=FAILED):
    """A function of (peer, stream) that misbehaves once a call has arrived; `codes` of the GOAWAY that it earns."""

    def register(function):
        CASES.append(pytest.param(function, codes, statuses, id=title))
        return function

    return register


def sends(title, build, *codes, statuses=FAILED):
    CASES.append(pytest.param(lambda peer, state: peer.send(build(peer, state)), codes, statuses, id=title))


def block(peer, *fields):
    return peer.block(list(fields) or [(":status", "200"), ("content-type", "application/grpc")])


P, F, FC, C, S = (Code(code) for code in (1, 6, 3, 9, 5))
sends("DATA on stream 0", lambda p, s: f.data(0, b"x"), P)
sends("DATA on a stream that was never opened", lambda p, s: f.data(9_999, b"x"), P)
sends("HEADERS on stream 0", lambda p, s: f.headers(0, block(p)), P)
sends("HEADERS on a stream that was never opened", lambda p, s: f.headers(9_999, block(p)), P)
sends("HEADERS on a stream of its own", lambda p, s: f.headers(2, block(p)), P)
sends("RST_STREAM on an idle stream", lambda p, s: f.rst_stream(9_999), P)
sends("WINDOW_UPDATE on an idle stream", lambda p, s: f.window_update(9_999, 1), P)
sends("CONTINUATION out of place", lambda p, s: f.continuation(s.id, b"", True), P)
sends("a PUSH_PROMISE", lambda p, s: f.push_promise(s.id, 2, block(p, (":method", "GET"))), P)
sends("SETTINGS on a stream", lambda p, s: f.frame(f.SETTINGS, 0, s.id), P)
sends("SETTINGS of 5 octets", lambda p, s: f.frame(f.SETTINGS, 0, 0, bytes(5)), F)
sends("MAX_FRAME_SIZE 0", lambda p, s: f.settings((f.MAX_FRAME_SIZE, 0)), P)
sends("MAX_FRAME_SIZE 2^24", lambda p, s: f.settings((f.MAX_FRAME_SIZE, 1 << 24)), P)
sends("ENABLE_PUSH 2", lambda p, s: f.settings((f.ENABLE_PUSH, 2)), P)
sends("ENABLE_PUSH 1 from a server", lambda p, s: f.settings((f.ENABLE_PUSH, 1)), P)
sends("INITIAL_WINDOW_SIZE 2^31", lambda p, s: f.settings((f.INITIAL_WINDOW_SIZE, 1 << 31)), FC)
sends("a PING of 7 octets", lambda p, s: f.frame(f.PING, 0, 0, bytes(7)), F)
sends("a PING on a stream", lambda p, s: f.frame(f.PING, 0, s.id, bytes(8)), P)
sends("a GOAWAY of 7 octets", lambda p, s: f.frame(f.GOAWAY, 0, 0, bytes(7)), F)
sends("WINDOW_UPDATE 0 for the connection", lambda p, s: f.window_update(0, 0), P)
sends("a connection window above 2^31-1", lambda p, s: f.window_update(0, 0x7FFF_FFFF) * 2, FC)
sends("a WINDOW_UPDATE of 3 octets", lambda p, s: f.frame(f.WINDOW_UPDATE, 0, 0, bytes(3)), F)
sends("a RST_STREAM of 3 octets", lambda p, s: f.frame(f.RST_STREAM, 0, s.id, bytes(3)), F)
sends("an undecodable header block", lambda p, s: f.headers(s.id, b"\xff\xff\xff\xff\xff\xff\xff"), C)
sends("an index beyond the tables", lambda p, s: f.headers(s.id, b"\xfe\xfe"), C)
sends("a frame of 16 MiB", lambda p, s: f.frame(f.HEADERS, 4, s.id, length=0xFFFFFF), F, Code.ENHANCE_YOUR_CALM)
sends("padding as long as DATA", lambda p, s: f.headers(s.id, block(p)) + f.frame(f.DATA, f.PADDED, s.id, b"\x09abc"), P)
sends("PRIORITY inside a header block", lambda p, s: f.headers(s.id, b"\x88", end_headers=False) + f.priority(s.id), P)

# Faults of one stream: the call fails, the connection may live.
sends("WINDOW_UPDATE 0 for the stream", lambda p, s: f.window_update(s.id, 0))
sends("a stream window above 2^31-1", lambda p, s: f.window_update(s.id, 0x7FFF_FFFF) * 2)
sends("DATA before HEADERS", lambda p, s: f.data(s.id, b"x"))
sends("a response without :status", lambda p, s: f.headers(s.id, block(p, ("content-type", "application/grpc"))))
sends("a response with :path", lambda p, s: f.headers(s.id, block(p, (":status", "200"), (":path", "/"))))
sends("a response with two :status", lambda p, s: f.headers(s.id, block(p, (":status", "200"), (":status", "200"))))
sends("a :status of letters", lambda p, s: f.headers(s.id, block(p, (":status", "abc"))))
sends("status 101", lambda p, s: f.headers(s.id, block(p, (":status", "101"))))
sends("a field name in upper case", lambda p, s: f.headers(s.id, block(p, (":status", "200"), ("X-Test", "1"))))
sends("connection in a response", lambda p, s: f.headers(s.id, block(p, (":status", "200"), ("connection", "close"))))
sends("a field value with LF", lambda p, s: f.headers(s.id, block(p, (":status", "200"), ("x-a", "b\nc"))))
sends(
    "content-length longer than the body",
    lambda p, s: f.headers(s.id, block(p, (":status", "200"), ("content-type", "application/grpc"), ("content-length", "9")))
    + f.headers(s.id, block(p, ("grpc-status", "0")), end_stream=True),
)


@case("HEADERS after the end", S, P, statuses=(grpc.OK,))
def _(peer, state):
    peer.answer(state, b"whole")
    peer.send(f.headers(state.id, peer.block([(":status", "200")])))


@case("DATA after the end", S, P, statuses=(grpc.OK,))
def _(peer, state):
    peer.answer(state, b"whole")
    peer.send(f.data(state.id, b"more"))


@case("trailers with pseudo fields")
def _(peer, state):
    peer.begin(state)
    peer.send(f.headers(state.id, peer.block([(":status", "200"), ("grpc-status", "0")]), end_stream=True))


@case("a third header block")
def _(peer, state):
    peer.begin(state)
    peer.send(f.headers(state.id, peer.block([("x-early", "1")])))


@pytest.fixture(scope="module")
def shared():
    """One gateway whose upstream misbehaves on the call that asks for it, and answers every other."""
    with BadServer() as server, Gateway(server.location) as gateway:
        yield server, gateway


@pytest.mark.parametrize("misbehave, codes, statuses", CASES)
def test_T22_a_misbehaving_upstream_ends_only_its_own_connection(shared, misbehave, codes, statuses):
    server, gateway = shared
    culprits = []

    def on_end(peer, state):
        if state.headers[":path"].endswith("/Misbehave"):
            culprits.append(peer)
            misbehave(peer, state)
        else:
            peer.answer(state, b"good")

    server.on_end = on_end
    with gateway.connect() as client:
        state = client.call("Misbehave", timeout=8)
        assert culprits, "the call did not reach the upstream"
        assert state.done, f"the call hangs: {state}"
        if state.blocks and state.reset is not None:
            assert state.reset not in (Code.NO_ERROR, Code.REFUSED_STREAM), f"{state}"
        else:
            assert state.grpc_status in statuses, f"{state}"
        if codes:
            peer = culprits[0]
            server.wait(lambda: peer.goaway or peer.closed)
            assert peer.goaway, f"no GOAWAY; closed: {peer.closed}; then: {peer.frames[-3:]}"
            assert peer.goaway[1] in codes, f"GOAWAY {Code(peer.goaway[1]).name} {peer.goaway[2]!r}"
            assert server.wait(lambda: peer.closed), "the gateway keeps a broken connection"
        again = client.call("Good")
        assert again.grpc_status == grpc.OK, f"the next call fails: {again}"
        assert not client.goaway, "the client's connection pays for the upstream"
    gateway.assert_alive()


def test_T22_an_upstream_that_overruns_its_window_gets_a_flow_control_error(start, upstream):
    def on_end(peer, state):
        peer.begin(state)
        piece = f.data(state.id, grpc.message(bytes(16_379)))
        for _ in range(1_024):  # 16 MiB into a window of 256 KiB whose reader grants nothing
            if not peer.send(piece):
                return

    server = upstream(on_end=on_end)
    gateway = start(server)
    with gateway.connect(credit=False) as client:
        state = client.call("DoGet", wait=False)
        assert server.wait(lambda: server.resets or (server.connections and server.connections[0].goaway))
        code = server.connections[0].goaway[1] if server.connections[0].goaway else server.resets[0][0].reset
        assert code == Code.FLOW_CONTROL_ERROR
        client.send(f.window_update(0, 1 << 24), f.window_update(state.id, 1 << 24))
        assert client.pump(lambda: state.done), f"the call hangs: {state}"
        assert state.reset in (Code.INTERNAL_ERROR, Code.FLOW_CONTROL_ERROR), f"{state}"


@pytest.mark.parametrize(
    "greeting",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", id="HTTP 1.1"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="another protocol"),
        pytest.param(bytes(64), id="zeros"),
        pytest.param(f.ping(), id="PING before SETTINGS"),
        pytest.param(f.settings_ack(), id="an acknowledgement before SETTINGS"),
        pytest.param(f.settings((f.MAX_FRAME_SIZE, 5)), id="wrong SETTINGS"),
        pytest.param(f.frame(f.SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 31)), id="a window of 2^31"),
        pytest.param(f.goaway(0, Code.ENHANCE_YOUR_CALM), id="GOAWAY before SETTINGS"),
        pytest.param(b"", id="closed at once"),
    ],
)
def test_T22_an_upstream_that_never_speaks_http2_right_makes_calls_unavailable(start, upstream, greeting):
    def on_connection(peer):
        peer.send(greeting)
        peer.sock.shutdown(1)

    gateway = start(upstream(on_connection=on_connection), limits={"upstream.firstSettings": "500ms"})
    with gateway.connect() as client:
        state = client.call("GetFlightInfo", timeout=8)
        assert state.status == 200 and state.grpc_status in FAILED, f"{state}"
        assert client.get().status == 200
    gateway.assert_alive()


@pytest.mark.parametrize(
    "entries, code",
    [
        ([(f.MAX_FRAME_SIZE, 0)], Code.PROTOCOL_ERROR),
        ([(f.MAX_FRAME_SIZE, 1 << 24)], Code.PROTOCOL_ERROR),
        ([(f.ENABLE_PUSH, 2)], Code.PROTOCOL_ERROR),
        ([(f.INITIAL_WINDOW_SIZE, 1 << 31)], Code.FLOW_CONTROL_ERROR),
    ],
)
def test_T22_wrong_settings_of_a_client_end_only_its_own_connection(gateway, entries, code):
    with gateway.connect() as good, gateway.connect() as bad:
        stream = good.open(grpc.request_headers("ListActions"))
        bad.send(f.settings(*entries))
        bad.expect_connection_error(code)
        good.send(f.data(stream, grpc.message(), end=True))
        assert good.pump(lambda: good.stream(stream).done) and good.stream(stream).grpc_status == grpc.OK


def test_T22_a_header_table_that_flaps_under_load_harms_nobody(start, upstream):
    flapping = {"count": 0}

    def on_end(peer, state):
        flapping["count"] += 1
        peer.send(f.settings((f.HEADER_TABLE_SIZE, (0, 4096, 1, 65_536, 100)[flapping["count"] % 5])))
        peer.answer(state, b"x", headers=[(":status", "200"), ("content-type", "application/grpc"), ("x-n", str(flapping["count"]))])

    gateway = start(upstream(on_end=on_end))
    with gateway.connect() as client:
        for index in range(300):
            size = (4096, 0, 64, 4096, 1000)[index % 5]
            client.send(f.settings((f.HEADER_TABLE_SIZE, size)))
            state = client.call("GetFlightInfo", headers=[("x-note", f"value-{index % 7}"), ("x-index", str(index))])
            assert state.grpc_status == grpc.OK, f"call {index}: {state} {client.goaway}"
            assert state.headers["x-n"] == str(index + 1)
