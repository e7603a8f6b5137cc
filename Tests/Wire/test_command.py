"""What `jetway serve` says and returns when it is used wrongly, cannot start, or is asked to stop; and its TLS."""

import signal
import socket
import ssl
import warnings

import pyarrow.flight as flight
import pytest

from harness import frames as f
from harness import grpc
from harness.flightserver import stream_ticket
from harness.gateway import one_line, refused
from harness.rawframes import RawClient, tls_context

UPSTREAM = ["--upstream", "grpc://127.0.0.1:9"]
LISTEN = ["--listen", "127.0.0.1:0"]


@pytest.mark.parametrize(
    "arguments, named",
    [
        (UPSTREAM, "listen"),
        (LISTEN, "upstream"),
        ([*LISTEN, *UPSTREAM, "--no-such-flag"], "no-such-flag"),
        (["--listen", "nowhere", *UPSTREAM], "nowhere"),
        (["--listen", "127.0.0.1:99999", *UPSTREAM], "99999"),
        ([*LISTEN, "--upstream", "http://127.0.0.1:9"], "http"),
        ([*LISTEN, "--upstream", "grpc://"], "grpc"),
        ([*LISTEN, *UPSTREAM, "--threads", "0"], "threads"),
        ([*LISTEN, *UPSTREAM, "--threads", "many"], "many"),
        ([*LISTEN, *UPSTREAM, "--limit", "downstream.nothing=1"], "nothing"),
        ([*LISTEN, *UPSTREAM, "--limit", "downstream.headerBlock=soon"], "soon"),
        ([*LISTEN, *UPSTREAM, "--log-level", "loud"], "loud"),
        (["--listen", "0.0.0.0:0", *UPSTREAM], "--plaintext"),
        ([*LISTEN, *UPSTREAM, "--tls-key", "key.pem"], "certificate"),
        ([*LISTEN, *UPSTREAM, "--tls-certificate", "cert.pem"], "key"),
    ],
)
def test_wrong_use_is_one_clear_line_and_exit_code_2(arguments, named):
    code, output, errors = refused("serve", *arguments)
    assert code == 2, f"{code}: {errors}"
    assert output == ""
    assert named in one_line(errors)


def test_an_address_in_use_is_one_clear_line_and_exit_code_1():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, output, errors = refused("serve", "--listen", address, *UPSTREAM)
    assert (code, output) == (1, "") and address in one_line(errors)


def test_certificates_that_cannot_be_used_are_one_clear_line_and_exit_code_1(pair, authority, tmp_path):
    other = authority.issue("unrelated")
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    for certificate, key in [(tmp_path / "absent.pem", pair.key), (pair.certificate, tmp_path / "absent.key"),
                             (broken, pair.key), (pair.certificate, broken), (pair.certificate, other.key)]:
        code, output, errors = refused("serve", *LISTEN, *UPSTREAM, "--tls-certificate", certificate, "--tls-key", key)
        assert (code, output) == (1, ""), f"{certificate} {key}: {code} {errors}"
        line = one_line(errors)
        assert certificate.name in line or key.name in line, line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_gateway_stops_with_exit_code_0(gateway, number):
    gateway.signal(number)
    assert gateway.wait(5) == 0
    gateway.stop = lambda: None


def test_an_upstream_on_a_unix_socket_is_used(start, tmp_path):
    class Server(flight.FlightServerBase):
        def do_action(self, context, action):
            yield action.body

    path = tmp_path / "flight.sock"
    with Server(flight.Location.for_grpc_unix(str(path))):
        with flight.connect(start(f"grpc+unix://{path}").location) as client:
            assert next(client.do_action(("echo", b"unix"))).body.to_pybytes() == b"unix"


@pytest.mark.parametrize("threads", [1, 2])
def test_clients_of_both_kinds_are_served_by_any_number_of_threads(start, flight_server, pair, authority, threads):
    root = authority.path.read_bytes()
    for tls in (None, pair):
        gateway = start(flight_server, tls=tls, authority=str(authority.path), threads=threads)
        for _ in range(8):
            options = {"tls_root_certs": root} if tls else {}
            with flight.connect(gateway.location, **options) as client:
                assert client.do_get(stream_ticket(batches=20)).read_all().num_rows == 20 * 8_192


def test_tls_connections_that_did_not_agree_on_h2_are_closed(start, flight_server, pair):
    gateway = start(flight_server, tls=pair)
    for protocols in ([], ["http/1.1"], ["h2c"]):
        context = ssl._create_unverified_context()
        if protocols:
            context.set_alpn_protocols(protocols)
        try:
            with RawClient.dial(gateway.port, tls=context) as client:
                client.send(f.PREFACE, f.settings(), f.headers(1, client.block(grpc.request_headers("ListActions"))))
                assert client.wait_closed(5), f"a connection that agreed on {protocols} is served"
                assert not client.stream(1).blocks
        except (ssl.SSLError, ConnectionError):
            pass  # refused in the handshake: as good
    with RawClient.connect(gateway.port, tls=tls_context()) as client:
        assert client.call("ListActions").grpc_status == grpc.OK


def test_tls_1_1_is_refused_and_1_2_and_1_3_are_taken(start, flight_server, pair):
    gateway = start(flight_server, tls=pair)
    for version, taken in [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)]:
        context = tls_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            context.minimum_version = context.maximum_version = version
        if taken:
            with RawClient.connect(gateway.port, tls=context) as client:
                assert client.call("ListActions").grpc_status == grpc.OK
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                RawClient.dial(gateway.port, tls=context)
