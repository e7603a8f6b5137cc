"""T18, T19, T20: requests that are malformed or ambiguous do not put one octet on the wire to an upstream."""

import pytest

from harness import frames as f
from harness import grpc
from harness.badserver import Recorder
from harness.frames import Code
from harness.gateway import Gateway

BASE = grpc.request_headers("DoGet")


@pytest.fixture(scope="module")
def recorded():
    """A gateway in front of a plain TCP recorder: whatever gets through is seen."""
    with Recorder() as recorder, Gateway(recorder.location) as gateway:
        yield recorder, gateway


def replaced(name, value):
    return [(key, value if key == name else old) for key, old in BASE]


def without(*names):
    return [field for field in BASE if field[0] not in names]


MALFORMED = {
    "name in upper case": BASE + [("X-Upper", "v")],
    "name with one capital": BASE + [("x-uppeR", "v")],
    "name with a space": BASE + [("x name", "v")],
    "name with a space at its end": BASE + [("x-name ", "v")],
    "name with a tab": BASE + [("x\tname", "v")],
    "name with CR LF": BASE + [("x-a\r\nx-b", "v")],
    "name with NUL": BASE + [("x-\0", "v")],
    "name with a colon at its end": BASE + [("x-name:", "v")],
    "name beyond ASCII": BASE + [("x-n\xe4me", "v")],
    "name with a delimiter": BASE + [("x(name)", "v")],
    "name with a comma": BASE + [("x,name", "v")],
    "name with a quotation mark": BASE + [('x"name', "v")],
    "empty name": BASE + [("", "v")],
    "value with CR": BASE + [("x-a", "b\rc")],
    "value with LF": BASE + [("x-a", "b\nc")],
    "value with CR LF and a header": BASE + [("x-a", "b\r\nx-admin: 1")],
    "value with NUL": BASE + [("x-a", "b\0c")],
    "value with a leading space": BASE + [("x-a", " b")],
    "value with a trailing space": BASE + [("x-a", "b ")],
    "value with a leading tab": BASE + [("x-a", "\tb")],
    "value of a control character": BASE + [("x-a", "b\x01c")],
    "value with DEL": BASE + [("x-a", "b\x7fc")],
    "value that is not UTF-8": BASE + [("x-a", "\xff\xfe")],
    "value with an overlong UTF-8 form": BASE + [("x-a", "\xc0\xae")],
    "connection": BASE + [("connection", "close")],
    "keep-alive": BASE + [("keep-alive", "1")],
    "proxy-connection": BASE + [("proxy-connection", "keep-alive")],
    "transfer-encoding": BASE + [("transfer-encoding", "chunked")],
    "upgrade": BASE + [("upgrade", "websocket")],
    "te gzip": [(k, "gzip" if k == "te" else v) for k, v in BASE],
    "te trailers and more": [(k, "trailers, gzip" if k == "te" else v) for k, v in BASE],
    "a second te": BASE + [("te", "deflate")],
    "no :method": without(":method"),
    "no :scheme": without(":scheme"),
    "no :path": without(":path"),
    "two :method": [(":method", "GET"), *BASE],
    "two :scheme": [(":scheme", "https"), *BASE],
    "two :path": [(":path", "/a/b"), *BASE],
    "two :authority": [(":authority", "evil"), *BASE],
    "two equal :path": [(":path", grpc.path("DoGet")), *BASE],
    "empty :method": replaced(":method", ""),
    "empty :path": replaced(":path", ""),
    "empty :scheme": replaced(":scheme", ""),
    ":method with a space": replaced(":method", "PO ST"),
    ":method with LF": replaced(":method", "POST\n"),
    ":scheme with a colon": replaced(":scheme", "http:"),
    ":status in a request": [(":status", "200"), *BASE],
    "unknown pseudo field": [(":evil", "1"), *BASE],
    ":protocol without extended CONNECT": [(":protocol", "websocket"), *BASE],
    "pseudo field after a regular one": [*BASE[:3], ("x-a", "b"), *BASE[3:]],
    ":path last": [*without(":path"), (":path", grpc.path("DoGet"))],
    "userinfo in :authority": replaced(":authority", "user@localhost"),
    ":authority with a slash": replaced(":authority", "localhost/x"),
    ":authority with a space": replaced(":authority", "local host"),
    ":authority with LF": replaced(":authority", "localhost\n"),
    "host unlike :authority": BASE + [("host", "evil.example")],
    "two host": without(":authority") + [("host", "a"), ("host", "b")],
    "content-length of letters": BASE + [("content-length", "abc")],
    "negative content-length": BASE + [("content-length", "-1")],
    "content-length with a sign": BASE + [("content-length", "+5")],
    "content-length in hex": BASE + [("content-length", "0x5")],
    "content-length of two values": BASE + [("content-length", "5, 6")],
    "two content-length": BASE + [("content-length", "5"), ("content-length", "6")],
    "content-length above 2^64": BASE + [("content-length", "99999999999999999999")],
    "empty content-length": BASE + [("content-length", "")],
    "-bin that is not base64": BASE + [("x-a-bin", "?!*")],
    "-bin of an impossible length": BASE + [("x-a-bin", "AAAAA")],
}


def refused(client, stream):
    """Whether the request was answered with a failure of any kind, and the connection lives."""
    state = client.stream(stream)
    assert client.pump(lambda: state.done or client.goaway or client.closed), "the request hangs: it was forwarded"
    if state.reset is None and not client.goaway:
        assert state.status != 200 or state.grpc_status not in (None, grpc.OK), f"accepted: {state}"
    return state


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED.keys())
def test_T18_a_malformed_request_puts_no_octet_on_the_wire(recorded, fields):
    recorder, gateway = recorded
    before = recorder.beyond_upkeep()
    with gateway.connect() as client:
        stream = client.open(fields)
        client.send(f.data(stream, grpc.message(b"canary"), end=True))
        refused(client, stream)
        assert not client.goaway, f"the connection ends for one stream's fault: {client.goaway}"
        assert client.answers_ping()
    assert recorder.beyond_upkeep() == before


CANONICAL = grpc.path("DoGet")
PATHS = {
    "no slash": CANONICAL[1:],
    "two slashes": "/" + CANONICAL,
    "two slashes inside": CANONICAL.replace("/DoGet", "//DoGet"),
    "a dot segment": "/." + CANONICAL,
    "a dot segment inside": CANONICAL.replace("/DoGet", "/./DoGet"),
    "two dots": "/x/.." + CANONICAL,
    "two dots at the end": CANONICAL + "/../DoPut",
    "an escaped slash": CANONICAL.replace("/DoGet", "%2fDoGet"),
    "an escaped letter": CANONICAL.replace("DoGet", "Do%47et"),
    "a parameter": CANONICAL + ";a=b",
    "a query": CANONICAL + "?x",
    "an empty query": CANONICAL + "?",
    "a fragment": CANONICAL + "#x",
    "an asterisk": "*",
    "an absolute URI": "http://localhost" + CANONICAL,
    "a slash at the end": CANONICAL + "/",
    "a third segment": CANONICAL + "/x",
    "only a service": "/arrow.flight.protocol.FlightService",
    "only a slash": "/",
    "a space at the end": CANONICAL + " ",
    "a space inside": CANONICAL.replace("/DoGet", "/ DoGet"),
    "NUL at the end": CANONICAL + "\0",
    "a backslash": CANONICAL.replace("/", "\\"),
    "a tab": CANONICAL + "\t",
    "an empty method": "/arrow.flight.protocol.FlightService/",
    "an empty service": "//DoGet",
    "beyond ASCII": CANONICAL + "\xe4",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_T19_a_path_that_is_not_canonical_never_reaches_the_upstream(recorded, path):
    recorder, gateway = recorded
    before = recorder.beyond_upkeep()
    with gateway.connect() as client:
        stream = client.open(replaced(":path", path))
        client.send(f.data(stream, grpc.message(b"canary"), end=True))
        state = refused(client, stream)
        if state.grpc_status is not None:
            assert state.grpc_status == grpc.UNIMPLEMENTED, f"{state}"
    assert recorder.beyond_upkeep() == before


def test_T18_the_recorder_sees_a_good_request(recorded):
    """Last in this file: without it the tests above could not fail."""
    recorder, gateway = recorded
    with gateway.connect() as client:
        client.call("DoGet", b"canary", wait=False)
        client.drain(quiet=0.01)
        assert recorder.wait(lambda: any(b"canary" in octets for octets in recorder.beyond_upkeep()))


TRAILERS = {
    "without END_STREAM": ([("x-trailer", "v")], False),
    "with :path": ([(":path", "/"), ("x-trailer", "v")], True),
    "with :status": ([(":status", "200")], True),
    "with a name in upper case": ([("X-Trailer", "v")], True),
    "with connection": ([("connection", "close")], True),
    "with transfer-encoding": ([("transfer-encoding", "chunked")], True),
    "with a value with LF": ([("x-trailer", "a\nb")], True),
    "that look like a second request": (BASE, False),
    "that look like a last request": (BASE, True),
}


@pytest.mark.parametrize("trailers, end", TRAILERS.values(), ids=TRAILERS.keys())
def test_T20_wrong_trailers_of_a_client_fail_its_stream_alone(start, upstream, trailers, end):
    server = upstream(on_request=lambda peer, state: None)
    gateway = start(server)
    with gateway.connect() as client:
        stream = client.open(grpc.request_headers("DoPut"))
        client.send(f.data(stream, grpc.message(b"first")))
        assert server.wait(lambda: server.requests and server.requests[0].received)
        client.send(f.headers(stream, client.block(trailers), end_stream=end))
        client.expect_stream_error(stream, Code.PROTOCOL_ERROR)
        assert server.wait(lambda: server.resets), "the upstream still believes in the call"
        assert server.requests[0].end_streams == 0
        server.on_end = lambda peer, state: peer.answer(state, b"good")
        assert client.call("GetFlightInfo").grpc_status == grpc.OK
