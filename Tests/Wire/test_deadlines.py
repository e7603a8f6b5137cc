"""T40: grpc-timeout is enforced, shrunk for the upstream, and refused when it is none."""

import time

import pytest

from harness import grpc

GOOD = ["99999999H", "1H", "90M", "30S", "20000m", "15000000u", "99999999u"]
YEAR = 365 * 86_400  # nobody sees the difference between longer deadlines and this one
UNITS = {"H": 3_600, "M": 60, "S": 1, "m": 1e-3, "u": 1e-6, "n": 1e-9}


def seconds(text):
    return int(text[:-1]) * UNITS[text[-1]]


@pytest.fixture
def answering(start, upstream):
    server = upstream()
    return server, start(server)


@pytest.mark.parametrize("text", GOOD)
def test_T40_a_deadline_reaches_the_upstream_a_little_shorter(answering, text):
    server, gateway = answering
    with gateway.connect() as client:
        state = client.call("GetFlightInfo", headers=[("grpc-timeout", text)])
        assert state.grpc_status == grpc.OK, f"{state}"
    forwarded = server.requests[-1].headers["grpc-timeout"]
    assert len(forwarded) <= 9 and forwarded[:-1].isdigit(), f"{forwarded!r} is no timeout"
    given = min(seconds(text), YEAR)
    assert given - max(1, given * 1e-3) <= seconds(forwarded) <= given, f"{text} became {forwarded}"


@pytest.mark.parametrize("text", ["1n", "100n", "1u", "0S", "0n"])
def test_T40_a_deadline_that_is_over_at_once_is_exceeded(answering, text):
    _, gateway = answering
    with gateway.connect() as client:
        state = client.call("GetFlightInfo", headers=[("grpc-timeout", text)])
        assert state.grpc_status == grpc.DEADLINE_EXCEEDED, f"{state}"
        assert state.status == 200 and state.headers["content-type"].startswith("application/grpc")


@pytest.mark.parametrize("text", ["123456789S", "-1S", "1", "S", "", "1s", "1 S", "1.5S", "0x1S", "+1S", "1SS", "\u0661S"])
def test_T40_what_is_no_deadline_is_refused_and_not_forwarded(answering, text):
    server, gateway = answering
    with gateway.connect() as client:
        stream = client.open(grpc.request_headers("GetFlightInfo", [("grpc-timeout", text.encode().decode("latin-1"))]))
        client.send_data(stream, grpc.message(), end=True)
        state = client.stream(stream)
        assert client.pump(lambda: state.done or client.goaway)
        assert state.reset is not None or state.grpc_status in (grpc.INVALID_ARGUMENT, grpc.INTERNAL), f"{state}"
        assert client.call("GetFlightInfo").grpc_status == grpc.OK
    assert len(server.requests) == 1


@pytest.mark.parametrize("early_headers", [False, True])
def test_T40_a_deadline_of_100_ms_ends_the_call_on_both_sides(start, upstream, early_headers):
    server = upstream(on_request=lambda peer, state: peer.begin(state) if early_headers else None)
    gateway = start(server)
    with gateway.connect() as client:
        for _ in range(5):
            begun = time.monotonic()
            state = client.call("DoGet", headers=[("grpc-timeout", "100m")])
            elapsed = (state.finished_at or time.monotonic()) - begun
            assert state.grpc_status == grpc.DEADLINE_EXCEEDED, f"{state}"
            assert 0.09 <= elapsed <= 0.15, f"{elapsed * 1000:.0f} ms"
        assert server.wait(lambda: len(server.resets) == 5)
        assert {state.reset for state, _ in server.resets} == {8}
        assert client.answers_ping() and not client.goaway


def test_T40_a_deadline_in_the_middle_of_a_message_never_looks_like_success(start, upstream):
    def on_request(peer, state):
        peer.begin(state)
        peer.send_data(state.id, grpc.message(bytes(1_000))[:500])

    gateway = start(upstream(on_request=on_request))
    with gateway.connect() as client:
        state = client.call("DoGet", headers=[("grpc-timeout", "100m")])
        assert state.grpc_status == grpc.DEADLINE_EXCEEDED or state.reset not in (None, 0), f"{state}"
