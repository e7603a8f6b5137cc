"""T16: connections that stop at each stage of their beginning end by that stage's timer, and lock nobody out."""

import socket
import ssl
import time

import pytest

from harness import frames as f
from harness import grpc
from harness.gateway import until
from harness.rawframes import tls_context

pytestmark = [pytest.mark.load, pytest.mark.timeout(300)]
TIMER = 2.0  # seconds, for every stage
LIMITS = {
    "tlsHandshake": "2s", "downstream.preface": "2s", "downstream.firstSettings": "2s",
    "downstream.headerBlock": "2s", "downstream.streamIdle": "2s", "connectionsPerAddress": "2000",
}


def hello():
    """A whole TLS ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = tls_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def unfinished_headers(client):
    client.send(f.PREFACE, f.settings(), f.headers(1, client.block(grpc.request_headers()), end_headers=False))


def half_a_frame(client):
    client.send(f.PREFACE, f.settings(), f.headers(1, client.block(grpc.request_headers()))[:20])


STAGES = {
    "TCP only": (False, lambda client: None),
    "TCP only, where TLS is expected": (True, lambda client: None),
    "half a TLS hello": (True, lambda client: client.send(hello()[:100])),
    "half a preface": (False, lambda client: client.send(f.PREFACE[:10])),
    "a preface and no SETTINGS": (False, lambda client: client.send(f.PREFACE)),
    "half a HEADERS frame": (False, half_a_frame),
    "HEADERS and no END_HEADERS": (False, unfinished_headers),
}


@pytest.mark.parametrize("tls, begin", STAGES.values(), ids=STAGES.keys())
def test_T16_a_connection_that_stops_at_a_stage_ends_by_its_timer(start, flight_server, pair, tls, begin):
    gateway = start(flight_server, tls=pair if tls else None, limits=LIMITS)
    begun = time.monotonic()
    with gateway.dial(tls=None, acknowledge=False) as client:
        begin(client)
        assert client.wait_closed(TIMER + 3), "the connection stays open"
        assert abs(client.closed_at - begun - TIMER) <= 1, f"closed after {client.closed_at - begun:.1f} s"


def test_T16_settings_that_are_never_acknowledged_end_the_connection(start, flight_server):
    gateway = start(flight_server, limits={**LIMITS, "downstream.settingsAcknowledgement": "2s"})
    begun = time.monotonic()
    with gateway.dial(acknowledge=False) as client:
        client.send(f.PREFACE, f.settings())
        assert client.wait_closed(TIMER + 3), "the connection stays open"
        assert abs(client.closed_at - begun - TIMER) <= 1
        assert client.goaway and client.goaway[1] in (4, 11), client.goaway  # SETTINGS_TIMEOUT, ENHANCE_YOUR_CALM


def test_T16_headers_without_a_body_end_by_the_idle_timer_of_the_stream(start, upstream):
    server = upstream(on_request=lambda peer, state: None)
    gateway = start(server, limits=LIMITS)
    with gateway.connect() as client:
        begun = time.monotonic()
        stream = client.open(grpc.request_headers("DoPut"))
        state = client.stream(stream)
        assert client.pump(lambda: state.done, TIMER + 3), "the stream stays open"
        assert abs(state.finished_at - begun - TIMER) <= 1
        assert server.wait(lambda: server.resets), "the upstream still believes in the call"
        assert client.answers_ping()


@pytest.mark.parametrize("tls, begin", STAGES.values(), ids=STAGES.keys())
def test_T16_a_thousand_such_connections_do_not_lock_out_good_ones(start, flight_server, pair, tls, begin):
    gateway = start(flight_server, tls=pair if tls else None, limits=LIMITS)
    sockets = []
    try:
        for _ in range(1_000):
            client = gateway.dial(tls=None, acknowledge=False)
            begin(client)
            sockets.append(client)
        for _ in range(20):
            with gateway.connect() as good:
                assert good.call("ListActions").grpc_status == grpc.OK
        for client in sockets:
            assert client.wait_closed(TIMER + 5), "a connection stays open"
    finally:
        for client in sockets:
            client.close()
    gateway.assert_alive()
    assert until(lambda: gateway.descriptors < 100), f"{gateway.descriptors} descriptors are open"
    with socket.create_connection(("127.0.0.1", gateway.port)):
        gateway.assert_alive()
