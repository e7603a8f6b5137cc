"""T27, T63: every octet that an upstream sent before its end arrives, and ends are told apart and passed on once."""

import hashlib
import threading

import pytest

from harness import frames as f
from harness import grpc
from harness.frames import Code

BODY = b"".join(grpc.message(bytes([index % 251]) * 65_531) for index in range(64))  # 4 MiB
DIGEST = hashlib.sha256(BODY).hexdigest()


def everything_at_once(peer, state):
    """4 MiB, trailers and RST_STREAM NO_ERROR as fast as the windows allow, while the request is still open."""
    peer.begin(state)
    if peer.send_data(state.id, BODY):
        trailers = f.headers(state.id, peer.block([("grpc-status", "0"), ("x-last", "yes")]), end_stream=True)
        peer.send(trailers + f.rst_stream(state.id, Code.NO_ERROR))


def slow_rounds(gateway, rounds):
    """Reads with a small window that opens only when it is used up; the request is never half-closed."""
    failures = []
    for number in range(rounds):
        with gateway.connect([(f.INITIAL_WINDOW_SIZE, 32_768)], credit=False, keep_frames=False) as client:
            client.send(f.window_update(0, 1 << 30))
            state = client.call("DoGet", end=False, wait=False)
            granted = 32_768
            while not state.done and not client.closed:
                if state.received == granted:
                    client.send(f.window_update(state.id, 65_536))
                    granted += 65_536
                if client.receive(5) is None:
                    break
            client.drain(quiet=0.002)
            got = hashlib.sha256(state.body).hexdigest()
            if got != DIGEST or state.grpc_status != grpc.OK or state.trailers.get("x-last") != "yes":
                failures.append((number, state.received, state.grpc_status, state.reset, client.goaway, client.closed))
    return failures


def test_T27_a_slow_reader_gets_every_octet_before_an_early_end(start, upstream):
    gateway = start(upstream(on_request=everything_at_once, keep_frames=False))
    failures = slow_rounds(gateway, 100)
    assert not failures, f"{len(failures)} of 100: {failures[:5]}"


@pytest.mark.load
@pytest.mark.timeout(900)
def test_T27_a_slow_reader_gets_every_octet_before_an_early_end_a_thousand_times(start, upstream):
    gateway = start(upstream(on_request=everything_at_once, keep_frames=False))
    failures = slow_rounds(gateway, 1_000)
    assert not failures, f"{len(failures)} of 1,000: {failures[:5]}"


def ended_once(server, state, resets=0):
    """The upstream saw one END_STREAM on the request and no reset that nobody asked for."""
    assert server.wait(lambda: state.ended), "the upstream never sees the end of the request"
    peer = server.connections[0]
    seen = len(peer.frames)
    peer.send(f.ping(b"sequence"))
    assert server.wait(lambda: any(x.type == f.PING and x.payload == b"sequence" for x in peer.frames[seen:]))
    assert state.end_streams == 1
    found = [x for x in peer.frames if x.type == f.RST_STREAM and x.stream == state.id]
    assert len(found) == resets, f"the upstream got RST_STREAM {[x.payload for x in found]}"


@pytest.fixture
def manual(start, upstream):
    """An upstream that does nothing by itself, and a gateway in front of it."""
    server = upstream(on_request=lambda peer, state: None)
    return server, start(server)


def begin(server, client, method="DoExchange", *payloads, end=False):
    """A call that has reached the upstream: (its downstream record, its upstream peer, its upstream record)."""
    known = len(server.requests)
    stream = client.open(grpc.request_headers(method), end=end and not payloads)
    if payloads:
        client.send_data(stream, b"".join(grpc.message(p) for p in payloads), end=end)
    assert server.wait(lambda: len(server.requests) > known), "the call does not reach the upstream"
    return client.stream(stream), server.connections[0], server.requests[-1]


def test_T63_a_normal_call_ends_without_a_reset_on_either_side(manual):
    server, gateway = manual
    with gateway.connect() as client:
        for _ in range(3):
            down, peer, up = begin(server, client, "GetFlightInfo", b"ask", end=True)
            assert server.wait(lambda: up.ended)
            peer.answer(up, b"reply")
            assert client.pump(lambda: down.done) and down.messages == [b"reply"] and down.grpc_status == 0
            assert client.answers_ping() and down.reset is None
            ended_once(server, up)


def test_T63_the_client_closes_first(manual):
    server, gateway = manual
    with gateway.connect() as client:
        down, peer, up = begin(server, client, "DoPut", b"one", b"two", end=True)
        assert server.wait(lambda: up.ended) and up.messages == [b"one", b"two"]
        peer.begin(up)
        peer.send_data(up.id, grpc.message(b"late reply"))
        assert client.pump(lambda: down.messages == [b"late reply"]) and not down.done
        peer.finish(up)
        assert client.pump(lambda: down.done) and down.grpc_status == 0
        ended_once(server, up)


def test_T63_the_server_closes_first_and_its_status_stands(manual):
    server, gateway = manual
    with gateway.connect() as client:
        down, peer, up = begin(server, client, "DoPut", b"one")
        peer.begin(up)
        peer.finish(up, grpc.INVALID_ARGUMENT, [("grpc-message", "enough")])
        peer.send(f.rst_stream(up.id, Code.NO_ERROR))
        assert client.pump(lambda: down.done)
        assert down.grpc_status == grpc.INVALID_ARGUMENT and down.trailers["grpc-message"] == "enough"
        client.pump(lambda: down.reset is not None, 1)
        assert down.reset in (None, Code.NO_ERROR)
        if down.reset is None:
            client.send(f.data(down.id, grpc.message(b"more"), end=True))
        assert client.answers_ping() and not client.goaway
        assert client.call("Next", wait=False) and server.wait(lambda: len(server.requests) == 2)


def test_T63_trailers_without_a_reset_leave_the_request_to_its_client(manual):
    server, gateway = manual
    with gateway.connect() as client:
        down, peer, up = begin(server, client, "DoExchange", b"one")
        peer.answer(up, b"done already")
        assert client.pump(lambda: down.ended) and down.messages == [b"done already"] and down.grpc_status == 0
        client.send(f.data(down.id, grpc.message(b"still talking")), f.data(down.id, b"", end=True))
        assert client.answers_ping() and not client.goaway, f"{client.goaway}"


def test_T63_both_sides_close_at_once(manual):
    server, gateway = manual
    with gateway.connect() as client:
        for _ in range(50):
            down, peer, up = begin(server, client, "DoExchange", b"one")
            answer = threading.Thread(target=peer.answer, args=(up, b"bye"))
            answer.start()
            client.send(f.data(down.id, grpc.message(b"bye"), end=True))
            answer.join()
            assert client.pump(lambda: down.ended) and down.grpc_status == 0 and down.messages == [b"bye"]
            assert down.reset in (None, Code.NO_ERROR) and not client.goaway


def test_T63_an_empty_request_reaches_the_upstream_as_one(manual):
    server, gateway = manual
    with gateway.connect() as client:
        down, peer, up = begin(server, client, "Handshake", end=True)
        assert server.wait(lambda: up.ended) and up.received == 0
        peer.answer(up, b"token")
        assert client.pump(lambda: down.done) and down.messages == [b"token"]
        ended_once(server, up)


def test_T63_an_end_in_a_frame_of_its_own_ends_the_request_once(manual):
    server, gateway = manual
    with gateway.connect() as client:
        down, peer, up = begin(server, client, "DoPut", b"one")
        client.send(f.data(down.id, b"", end=True))
        assert server.wait(lambda: up.ended)
        peer.answer(up)
        assert client.pump(lambda: down.done) and down.grpc_status == 0
        ended_once(server, up)


def test_T63_replies_flow_before_the_request_ends(manual):
    server, gateway = manual
    with gateway.connect() as client:
        down, peer, up = begin(server, client, "DoExchange", b"0")
        peer.begin(up)
        for index in range(1, 20):
            peer.send_data(up.id, grpc.message(b"reply %d" % index))
            assert client.pump(lambda: len(down.messages) == index), "a small message is held back"
            client.send(f.data(down.id, grpc.message(b"%d" % index)))
            assert server.wait(lambda: len(up.messages) == index + 1), "a small message is held back"
        client.send(f.data(down.id, b"", end=True))
        assert server.wait(lambda: up.ended)
        peer.finish(up)
        assert client.pump(lambda: down.done) and down.grpc_status == 0
        ended_once(server, up)


def test_T63_response_headers_pass_before_any_message(manual):
    server, gateway = manual
    with gateway.connect() as client:
        down, peer, up = begin(server, client, "DoAction", b"x", end=True)
        peer.begin(up, [(":status", "200"), ("content-type", "application/grpc"), ("x-early", "1")])
        assert client.pump(lambda: down.headers.get("x-early") == "1"), "response headers are held back"
        peer.finish(up)
        assert client.pump(lambda: down.done)


def test_T63_a_trailers_only_reply_stays_one(manual):
    server, gateway = manual
    with gateway.connect() as client:
        down, peer, up = begin(server, client, "DoGet", b"x", end=True)
        peer.begin(up, [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5"),
                        ("grpc-message", "no such thing"), ("x-arrow-status", "7"), ("x-a-bin", "AAE")], end=True)
        assert client.pump(lambda: down.done)
        assert len(down.blocks) == 1 and down.grpc_status == 5 and down.received == 0
        assert down.headers["x-arrow-status"] == "7" and down.headers["x-a-bin"] == "AAE"


def test_T63_a_cancel_reaches_the_upstream_as_cancel_and_only_once(manual):
    server, gateway = manual
    with gateway.connect() as client:
        down, peer, up = begin(server, client, "DoGet", b"x", end=True)
        client.send(f.rst_stream(down.id, Code.CANCEL))
        assert server.wait(lambda: up.reset is not None) and up.reset == Code.CANCEL
        assert client.answers_ping()
        assert sum(x.type == f.RST_STREAM for x in peer.frames) == 1


def test_T63_a_closed_connection_cancels_its_calls(manual):
    server, gateway = manual
    client = gateway.connect()
    calls = [begin(server, client, "DoExchange", b"x") for _ in range(5)]
    client.abort()
    assert server.wait(lambda: all(up.reset == Code.CANCEL for _, _, up in calls)), [up for _, _, up in calls]
