"""T35, T36: the errors that the gateway makes, and the one that each failure of an upstream becomes."""

import socket
import time

import pytest

from harness import frames as f
from harness import grpc
from harness.badserver import BadServer, Recorder
from harness.frames import Code
from harness.gateway import Gateway


def assert_made_here(state, *statuses):
    """The form of the gateway's own errors: HTTP 200, gRPC, trailers-only, a short message that can be read."""
    assert state.ended, f"the call hangs: {state}"
    assert state.status == 200 and state.headers["content-type"].startswith("application/grpc"), f"{state}"
    assert len(state.blocks) == 1 and state.received == 0, f"not trailers-only: {state}"
    assert state.grpc_status in statuses, f"{state}"
    message = state.headers.get("grpc-message", "")
    assert message and len(message) <= 1_024
    assert all(0x20 <= ord(c) <= 0x7E for c in message), f"not percent-encoded: {message!r}"


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# T35


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "application/grpcx", "", None, "application/grpc-web+proto"]
)
def test_T35_what_is_not_grpc_is_answered_with_415(gateway, content_type):
    fields = [field for field in grpc.request_headers("DoGet") if field[0] != "content-type"]
    fields += [("content-type", content_type)] if content_type is not None else []
    with gateway.connect() as client:
        stream = client.open(fields)
        client.send(f.data(stream, b"{}", end=True))
        assert client.pump(lambda: client.stream(stream).done)
        assert client.stream(stream).status == 415, f"{client.stream(stream)}"
        assert client.call("ListActions").grpc_status == grpc.OK


@pytest.mark.parametrize("content_type", ["application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"])
def test_T35_every_grpc_content_type_is_relayed_as_it_is(start, upstream, content_type):
    server = upstream()
    gateway = start(server)
    fields = [(k, content_type if k == "content-type" else v) for k, v in grpc.request_headers("DoGet")]
    with gateway.connect() as client:
        stream = client.open(fields)
        client.send(f.data(stream, grpc.message(), end=True))
        assert client.pump(lambda: client.stream(stream).done) and client.stream(stream).grpc_status == 0
        assert server.requests[0].headers["content-type"] == content_type


def test_T35_a_path_that_is_no_method_is_unimplemented(gateway):
    with gateway.connect() as client:
        assert_made_here(client.call("/nothing"), grpc.UNIMPLEMENTED)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_T35_another_method_than_post_is_refused(gateway, method):
    with gateway.connect() as client:
        state = client.get(grpc.path("DoGet"), method=method)
        assert state.done and (state.status in (404, 405, 415) or state.grpc_status == grpc.UNIMPLEMENTED), f"{state}"


def test_T35_more_calls_than_an_upstream_takes_are_unavailable_and_not_lost(start, upstream):
    server = upstream(on_request=lambda peer, state: None, keep_frames=False)
    gateway = start(server)
    clients = [gateway.connect(keep_frames=False) for _ in range(12)]
    calls = []
    for client in clients:
        for _ in range(100):
            state = client.call("DoGet", wait=False)
            calls.append((client, state))
    deadline = time.monotonic() + 10
    while not any(state.done for _, state in calls) and time.monotonic() < deadline:
        for client in clients:
            client.drain(quiet=0.01, limit=0.1)
    for client in clients:
        client.drain(quiet=0.2)
    answered = [state for _, state in calls if state.done]
    assert answered, "1,200 calls at once and none is refused"
    for state in answered:
        assert_made_here(state, grpc.UNAVAILABLE)
    for client in clients:
        assert client.answers_ping() and not client.goaway
        client.close()


# T36: before anything is relayed

SETUP = {
    "refused": lambda: None,
    "closed at once": lambda: BadServer(on_connection=lambda peer: peer.close() or "stop"),
    "reset at once": lambda: BadServer(on_connection=lambda peer: peer.abort() or "stop"),
    "HTTP 1.1": lambda: Recorder(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    "HTML": lambda: Recorder(b"<html><body>It works!</body></html>"),
    "TLS where plaintext is expected": lambda: Recorder(b"\x15\x03\x01\x00\x02\x02\x46"),
    "silence": lambda: Recorder(b""),
}


@pytest.mark.parametrize("make", SETUP.values(), ids=SETUP.keys())
def test_T36_an_upstream_that_cannot_be_spoken_to_is_unavailable(start, make):
    server = make()
    location = server.location if server else f"grpc://127.0.0.1:{unused_port()}"
    gateway = start(location, limits={"upstream.firstSettings": "1s", "upstream.settingsAcknowledgement": "1s"})
    try:
        with gateway.connect() as client:
            begun = time.monotonic()
            assert_made_here(client.call("DoGet", timeout=8), grpc.UNAVAILABLE)
            assert time.monotonic() - begun < 5
            assert client.get().status == 200
    finally:
        if server:
            server.close()


@pytest.mark.parametrize("problem", ["an unknown authority", "another name", "no TLS at all", "no ALPN"])
def test_T36_an_upstream_whose_tls_fails_is_unavailable(start, upstream, authority, pair, tmp_path, problem):
    other = authority.issue("other", names=["other.example"], addresses=[])
    if problem == "no TLS at all":
        location = upstream().location.replace("grpc://", "grpc+tls://")
    else:
        alpn = () if problem == "no ALPN" else ("h2",)
        location = upstream(tls=(other if problem == "another name" else pair).server_context(alpn)).location
    arguments = [] if problem == "an unknown authority" else ["--upstream-ca", authority.path]
    gateway = start(location, arguments=arguments)
    with gateway.connect() as client:
        assert_made_here(client.call("DoGet", timeout=8), grpc.UNAVAILABLE)


def test_T36_an_upstream_with_tls_is_used(start, upstream, authority, pair):
    server = upstream(tls=pair.server_context())
    for arguments in (["--upstream-ca", authority.path], ["--upstream-insecure"]):
        gateway = start(server, arguments=arguments)
        with gateway.connect() as client:
            assert client.call("DoGet").grpc_status == grpc.OK


def test_T36_a_name_that_is_not_known_is_unavailable(start):
    gateway = start("grpc://no-such-host.invalid:9000")
    with gateway.connect() as client:
        assert_made_here(client.call("DoGet", timeout=15), grpc.UNAVAILABLE)


def test_T36_a_connect_that_hangs_is_unavailable_after_its_timeout(start):
    # A full accept queue: connections to it are neither taken nor refused.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        gateway = start(f"grpc://127.0.0.1:{listener.getsockname()[1]}")
        with gateway.connect() as client:
            begun = time.monotonic()
            assert_made_here(client.call("DoGet", timeout=10), grpc.UNAVAILABLE)
            assert time.monotonic() - begun < 4
        for filler in fillers:
            filler.close()


# T36: in the middle of a call

RESETS = {
    0: grpc.INTERNAL, 1: grpc.INTERNAL, 2: grpc.INTERNAL, 3: grpc.INTERNAL, 4: grpc.INTERNAL, 5: grpc.INTERNAL,
    6: grpc.INTERNAL, 7: grpc.UNAVAILABLE, 8: grpc.CANCELLED, 9: grpc.INTERNAL, 10: grpc.INTERNAL,
    11: grpc.RESOURCE_EXHAUSTED, 12: grpc.PERMISSION_DENIED, 13: grpc.INTERNAL,
}
HTTP = {
    400: grpc.INTERNAL, 401: grpc.UNAUTHENTICATED, 403: grpc.PERMISSION_DENIED, 404: grpc.UNIMPLEMENTED,
    429: grpc.UNAVAILABLE, 502: grpc.UNAVAILABLE, 503: grpc.UNAVAILABLE, 504: grpc.UNAVAILABLE,
    418: grpc.UNKNOWN, 500: grpc.UNKNOWN, 302: grpc.UNKNOWN, 204: grpc.UNKNOWN,
}


@pytest.fixture(scope="module")
def scripted():
    """One upstream whose behaviour each test sets, and a gateway in front of it."""
    with BadServer() as server, Gateway(server.location) as gateway:
        yield server, gateway


def behave(scripted, on_request=None, on_end=None):
    server, gateway = scripted
    server.on_request, server.on_end = on_request, on_end
    return gateway.connect()


@pytest.mark.parametrize("code, status", RESETS.items(), ids=[Code(code).name for code in RESETS])
def test_T36_a_reset_before_headers_becomes_its_status(scripted, code, status):
    with behave(scripted, on_end=lambda peer, state: peer.send(f.rst_stream(state.id, code))) as client:
        assert_made_here(client.call("DoPut"), status)


@pytest.mark.parametrize("code", RESETS, ids=[Code(code).name for code in RESETS])
def test_T36_a_reset_after_headers_is_passed_on_and_never_looks_like_success(scripted, code):
    def on_end(peer, state):
        peer.begin(state)
        peer.send_data(state.id, grpc.message(b"one"))
        peer.send(f.rst_stream(state.id, code))

    with behave(scripted, on_end=on_end) as client:
        state = client.call("DoGet")
        expected = Code.INTERNAL_ERROR if code in (Code.NO_ERROR, Code.REFUSED_STREAM) else code
        assert state.reset == expected, f"{state}"
        assert state.messages == [b"one"], "what came before the reset was dropped"


@pytest.mark.parametrize("http, status", HTTP.items())
@pytest.mark.parametrize("body", [b"", b"<html>no</html>"], ids=["no body", "HTML"])
def test_T36_an_http_error_without_grpc_status_becomes_its_status(scripted, http, status, body):
    def on_end(peer, state):
        peer.begin(state, [(":status", str(http)), ("content-type", "text/html")], end=not body)
        if body:
            peer.send_data(state.id, body, end=True)

    with behave(scripted, on_end=on_end) as client:
        state = client.call("DoGet")
        assert state.status == 200 and state.grpc_status == status, f"{state}"
        assert body == b"" or body not in state.body, "a page was relayed as gRPC"


def test_T36_an_answer_that_is_not_grpc_is_unknown(scripted):
    def on_end(peer, state):
        peer.begin(state, [(":status", "200"), ("content-type", "text/html")])
        peer.send_data(state.id, b"<html>", end=True)

    with behave(scripted, on_end=on_end) as client:
        state = client.call("DoGet")
        assert state.grpc_status == grpc.UNKNOWN, f"{state}"


def test_T36_an_end_without_trailers_is_an_error(scripted):
    def on_end(peer, state):
        peer.begin(state)
        peer.send_data(state.id, grpc.message(b"one"), end=True)

    with behave(scripted, on_end=on_end) as client:
        state = client.call("DoGet")
        assert state.messages == [b"one"]
        assert state.reset == Code.INTERNAL_ERROR or state.grpc_status in (grpc.INTERNAL, grpc.UNKNOWN), f"{state}"


def test_T36_trailers_without_a_status_are_an_error(scripted):
    def on_end(peer, state):
        peer.begin(state)
        peer.send(f.headers(state.id, peer.block([("x-trailer", "1")]), end_stream=True))

    with behave(scripted, on_end=on_end) as client:
        state = client.call("DoGet")
        assert state.reset not in (None, 0) or state.grpc_status in (grpc.INTERNAL, grpc.UNKNOWN), f"{state}"


@pytest.mark.parametrize("how", ["close", "abort"])
@pytest.mark.parametrize("where", ["before headers", "after headers", "between messages", "inside a message", "inside a frame"])
def test_T36_a_lost_connection_is_unavailable_and_never_success(scripted, where, how):
    def on_end(peer, state):
        whole = grpc.message(b"one")
        if where != "before headers":
            peer.begin(state)
        if where in ("between messages", "inside a message", "inside a frame"):
            peer.send_data(state.id, whole)
        if where == "inside a message":
            peer.send_data(state.id, grpc.message(bytes(100))[:50])
        if where == "inside a frame":
            peer.send(f.frame(f.DATA, 0, state.id, grpc.message(bytes(100))[:50], length=105))
        if how == "abort":
            peer.server.wait(lambda: peer.settings_acks)
            time.sleep(0.05)  # a reset would overtake what the gateway has not read yet
        getattr(peer, how)()

    with behave(scripted, on_end=on_end) as client:
        begun = time.monotonic()
        state = client.call("DoPut")
        assert state.finished_at and state.finished_at - begun < 1, f"{state}"
        if where == "before headers":
            assert_made_here(state, grpc.UNAVAILABLE)
        elif where.startswith("inside"):
            assert state.reset == Code.INTERNAL_ERROR, f"{state}"
        else:
            assert state.grpc_status == grpc.UNAVAILABLE and state.ended, f"{state}"
        assert where in ("before headers", "after headers") or state.messages == [b"one"]


@pytest.mark.parametrize("code", [Code.NO_ERROR, Code.ENHANCE_YOUR_CALM, Code.INTERNAL_ERROR, Code.PROTOCOL_ERROR])
def test_T36_a_goaway_that_includes_the_call_lets_it_finish(scripted, code):
    def on_end(peer, state):
        peer.send(f.goaway(state.id, code))
        peer.answer(state, b"finished")

    with behave(scripted, on_end=on_end) as client:
        state = client.call("DoGet")
        assert state.grpc_status == grpc.OK and state.messages == [b"finished"], f"{state}"
        assert client.call("DoGet").grpc_status == grpc.OK


def test_T36_a_goaway_that_leaves_the_call_out_is_retried_elsewhere_or_unavailable(scripted):
    server, _ = scripted
    refusals = []

    def on_end(peer, state):
        if not refusals:
            refusals.append(peer)
            peer.send(f.goaway(0 if state.id == 1 else state.id - 2, Code.NO_ERROR))
        else:
            peer.answer(state, b"second")

    with behave(scripted, on_end=on_end) as client:
        state = client.call("GetFlightInfo")
        assert state.grpc_status in (grpc.OK, grpc.UNAVAILABLE), f"{state}"
        assert client.call("GetFlightInfo").grpc_status == grpc.OK


def test_T36_an_upstream_that_comes_back_is_used_without_a_restart(start):
    server = BadServer()
    port = server.port
    gateway = start(server)
    with gateway.connect() as client:
        assert client.call("DoGet").grpc_status == grpc.OK
        server.close()
        assert_made_here(client.call("DoGet", timeout=8), grpc.UNAVAILABLE)
        with BadServer(port=port):
            deadline, state = time.monotonic() + 10, None
            while time.monotonic() < deadline and (state is None or state.grpc_status != 0):
                state = client.call("DoGet", timeout=8)
            assert state.grpc_status == grpc.OK, f"{state}"
