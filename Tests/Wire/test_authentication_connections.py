"""T56 and what belongs to connections: certificates of clients, certificates by name, the PROXY protocol, life before a login."""

import datetime
import socket
import ssl
import struct
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness import frames as f
from harness import grpc
from harness.callers import PASSWORD, Callers
from harness.certs import Authority, Pair
from harness.configured import REFUSAL, basic
from harness.gateway import until
from harness.process import MIB
from harness.rawframes import RawClient, tls_context

URI = "spiffe://example.com/ns/jobs/sa/loader"


@pytest.fixture
def scripted(upstream):
    return upstream()


# Certificates of clients


def issue(authority, folder, names, usages=(ExtendedKeyUsageOID.CLIENT_AUTH,), common="common-name.example.com", days=(-1, 1), is_authority=False):
    """A client's certificate as it is told to be."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)]))
        .issuer_name(authority.subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0])).not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(usages)), critical=False)
    certificate = builder.sign(authority.key, hashes.SHA256())
    folder.mkdir(exist_ok=True)
    pair = Pair(folder / "client.pem", folder / "client.key")
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return pair


def uri(text):
    return x509.UniformResourceIdentifier(text)


class TLSGateway:
    """A gateway that knows clients by a URI in their certificates."""

    def __init__(self, site, upstream, authority, mode, subject="san.uri", more=()):
        pair = authority.issue("server-of-clients")
        tls = {"certificates": [{"certificate": str(pair.certificate), "key": str(pair.key)}]}
        if mode != "none":
            tls |= {"clientCA": str(authority.path), "clientCertificate": mode}
        methods = [{"type": "clientCertificate", "subject": subject}] if mode != "none" else []
        site.configure(upstream, [*methods, *more], listeners=[{"address": "127.0.0.1:0", "tls": tls}])
        self.authority = authority
        self.gateway = site.start()

    def attempt(self, client=None, headers=(), version=None):
        """The status, or "refused" where TLS already ends it."""
        context = tls_context(str(self.authority.path))
        if client:
            context.load_cert_chain(client.certificate, client.key)
        if version:
            context.maximum_version = version
        try:
            with RawClient.connect(self.gateway.port, tls=context) as connection:
                state = connection.call("ListActions", headers=headers)
                if state.grpc_status == grpc.UNAUTHENTICATED:
                    assert grpc.message_of(state) == REFUSAL
                return "refused" if state.grpc_status is None else state.grpc_status
        except (OSError, AssertionError):
            return "refused"


BOTH = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
CERTIFICATES = {
    "the right one": (dict(names=[uri(URI)]), grpc.OK),
    "other kinds of names beside": (dict(names=[x509.DNSName("a.b"), uri(URI), x509.RFC822Name("a@b.c")]), grpc.OK),
    "both usages": (dict(names=[uri(URI)], usages=BOTH), grpc.OK),
    "two URIs": (dict(names=[uri(URI), uri("spiffe://example.com/admin")]), grpc.UNAUTHENTICATED),
    "no names": (dict(names=[]), grpc.UNAUTHENTICATED),
    "a common name alone": (dict(names=[x509.DNSName("a.b")], common=URI), grpc.UNAUTHENTICATED),
    "for servers": (dict(names=[uri(URI)], usages=[ExtendedKeyUsageOID.SERVER_AUTH]), (grpc.UNAUTHENTICATED, "refused")),
    "without a usage": (dict(names=[uri(URI)], usages=[]), grpc.UNAUTHENTICATED),
    "an authority's": (dict(names=[uri(URI)], is_authority=True), (grpc.UNAUTHENTICATED, "refused")),
    "a NUL in the name": (dict(names=[uri(URI + "\0.evil")]), (grpc.UNAUTHENTICATED, "refused")),
    "a space in the name": (dict(names=[uri(URI + " x")]), grpc.UNAUTHENTICATED),
    "a name of 2 KB": (dict(names=[uri(URI + "x" * 2000)]), grpc.UNAUTHENTICATED),
    "expired": (dict(names=[uri(URI)], days=(-3, -1)), "refused"),
    "not yet valid": (dict(names=[uri(URI)], days=(1, 3)), "refused"),
}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_T56_only_the_one_name_of_a_good_certificate_is_a_caller(site, scripted, authority, tmp_path, version):
    under = TLSGateway(site, scripted, authority, "required")
    for kind, (settings, expected) in CERTIFICATES.items():
        client = issue(authority, tmp_path / kind.replace(" ", "-"), **settings)
        before = len(scripted.requests)
        outcome = under.attempt(client, version=version)
        assert outcome in (expected if isinstance(expected, tuple) else (expected,)), f"{kind}: {outcome}"
        assert (len(scripted.requests) > before) == (expected == grpc.OK), kind
    stranger = Authority(tmp_path / "strangers", name="Wire Test CA")
    assert under.attempt(issue(stranger, tmp_path / "stranger", names=[uri(URI)]), version=version) == "refused"
    assert under.attempt(version=version) == "refused"
    under.gateway.assert_alive()
    line = under.gateway.call_logged(status="OK")
    assert (line["subject"], line["authentication"]) == (f"clientCertificate:{URI}", "clientCertificate")
    assert {x["subject"] for x in under.gateway.calls() if "subject" in x} == {f"clientCertificate:{URI}"}


def test_T56_a_wildcard_is_a_name_like_any_other_and_nobody_elses(site, scripted, authority, tmp_path):
    under = TLSGateway(site, scripted, authority, "required", subject="san.dns")
    assert under.attempt(issue(authority, tmp_path / "a", names=[x509.DNSName("*.example.com")])) in (grpc.OK, grpc.UNAUTHENTICATED)
    subjects = {line.get("subject") for line in under.gateway.calls()}
    assert subjects <= {"clientCertificate:*.example.com", None}


def test_where_a_certificate_is_optional_other_methods_take_over(site, scripted, authority, tmp_path):
    site.users(alice=PASSWORD)
    under = TLSGateway(site, scripted, authority, "optional", more=[{"type": "basic", "users": "users.htpasswd"}])
    good = issue(authority, tmp_path / "good", names=[uri(URI)])
    password = [("authorization", basic("alice", PASSWORD))]
    assert under.attempt(good) == grpc.OK
    assert under.gateway.call_logged(subject=f"clientCertificate:{URI}")
    assert under.attempt(headers=password) == grpc.OK
    assert under.gateway.call_logged(subject="basic:alice")
    assert under.attempt() == grpc.UNAUTHENTICATED
    # What a call shows decides, not the connection that it comes on.
    bad = issue(authority, tmp_path / "bad", names=[])
    assert under.attempt(bad) == grpc.UNAUTHENTICATED
    assert under.attempt(bad, headers=password) == grpc.OK
    assert under.attempt(good, headers=password) == grpc.OK
    assert until(lambda: [line.get("subject") for line in under.gateway.calls()].count("basic:alice") == 3)
    assert under.attempt(good, headers=[("authorization", basic("alice", "wrong"))]) == grpc.UNAUTHENTICATED


def test_where_none_is_asked_for_a_certificate_says_nothing(site, scripted, authority, tmp_path):
    site.users(alice=PASSWORD)
    under = TLSGateway(site, scripted, authority, "none", more=[{"type": "basic", "users": "users.htpasswd"}])
    good = issue(authority, tmp_path / "good", names=[uri(URI)])
    assert under.attempt(good) == grpc.UNAUTHENTICATED
    assert under.attempt(good, headers=[("authorization", basic("alice", PASSWORD))]) == grpc.OK


def test_T56_a_certificate_is_looked_at_with_every_call_and_renegotiation_is_refused(site, scripted, authority, tmp_path):
    under = TLSGateway(site, scripted, authority, "required")
    good = issue(authority, tmp_path / "good", names=[uri(URI)])
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{under.gateway.port}", "-tls1_2", "-alpn", "h2", "-cert", good.certificate,
               "-key", good.key, "-CAfile", authority.path]
    done = subprocess.run(command, input=b"R\n", capture_output=True, timeout=20)
    output = done.stdout + done.stderr
    assert b"RENEGOTIATING" in output and (b"no renegotiation" in output or b"error" in output or done.returncode != 0), output[-500:]
    under.gateway.assert_alive()
    context = tls_context(str(authority.path))
    context.load_cert_chain(good.certificate, good.key)
    with RawClient.connect(under.gateway.port, tls=context) as client:
        assert [client.call("ListActions").grpc_status for _ in range(3)] == [grpc.OK] * 3


# Certificates of the listener by name


def test_certificates_are_chosen_by_the_name_that_a_client_asks_for(site, scripted, authority):
    pairs = {name: authority.issue(name.replace("*", "any"), names=(name,)) for name in ("default.test", "a.example.com", "*.b.example.com")}
    certificates = [{"certificate": str(p.certificate), "key": str(p.key), **({} if n == "default.test" else {"names": [n]})} for n, p in pairs.items()]
    site.configure(scripted, [{"type": "anonymous", "subject": "guest"}], listeners=[{"address": "127.0.0.1:0", "tls": {"certificates": certificates}}])
    gateway = site.start()

    def shown(name):
        context = tls_context()
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname=name) as secured:
                der = secured.getpeercert(binary_form=True)
        names = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return names.value.get_values_for_type(x509.DNSName)[0]

    asked = {"a.example.com": "a.example.com", "A.EXAMPLE.COM": "a.example.com", "x.b.example.com": "*.b.example.com",
             "y.x.b.example.com": "default.test", "b.example.com": "default.test", "other": "default.test", None: "default.test"}
    for name, expected in asked.items():
        assert shown(name) == expected, name


# PROXY protocol


SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def version_2(source, command=1, family=0x11, extra=b""):
    kind, target = (socket.AF_INET6, "::1") if family == 0x21 else (socket.AF_INET, "10.0.0.1")
    body = socket.inet_pton(kind, source) + socket.inet_pton(kind, target) + struct.pack(">HH", 1234, 443) + extra
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack(">H", len(body)) + body


def proxied(site, upstream, trusted="127.0.0.0/8", **options):
    listener = {"address": "127.0.0.1:0", "proxyProtocol": {"trusted": [trusted]}}
    return site.configure(upstream, [{"type": "anonymous", "subject": "guest"}], listeners=[listener], **options).start()


def behind(gateway, header, pieces=1):
    """Whether a call behind the header is answered."""
    with gateway.dial() as client:
        size = -(-len(header) // pieces) or 1
        for offset in range(0, len(header), size):
            client.send(header[offset : offset + size])
        client.send(f.PREFACE, f.settings())
        return client.call("ListActions", timeout=5).grpc_status


def test_the_address_of_a_proxied_connection_is_in_the_access_log(site, scripted):
    gateway = proxied(site, scripted)
    for header, peer in [(b"PROXY TCP4 192.0.2.7 10.0.0.1 1234 443\r\n", "192.0.2.7"), (b"PROXY TCP6 2001:db8::7 ::1 1234 443\r\n", "2001:db8::7"),
                         (version_2("192.0.2.8"), "192.0.2.8"), (version_2("2001:db8::8", family=0x21), "2001:db8::8"),
                         (version_2("192.0.2.9", extra=b"\x04\x00\x03abc"), "192.0.2.9")]:
        assert behind(gateway, header) == grpc.OK
        gateway.call_logged(peer=peer)
    assert behind(gateway, b"PROXY TCP4 192.0.2.10 10.0.0.1 1234 443\r\n", pieces=40) == grpc.OK
    gateway.call_logged(peer="192.0.2.10")
    for header in (b"PROXY UNKNOWN\r\n", version_2("192.0.2.11", command=0)):
        assert behind(gateway, header) == grpc.OK
    assert not any(line["peer"] == "192.0.2.11" for line in gateway.calls())


@pytest.mark.parametrize("header", [
    b"", b"PROXY TCP4 192.0.2.7\r\n", b"PROXY TCP4 192.0.2.777 10.0.0.1 1234 443\r\n", b"PROXY TCP4 192.0.2.7 10.0.0.1 1234 99999\r\n",
    b"PROXY TCP4 192.0.2.7 10.0.0.1 1234 443\n", b"PROXY " + b"x" * 200 + b"\r\n", b"proxy TCP4 192.0.2.7 10.0.0.1 1 2\r\n",
    SIGNATURE + b"\x31\x11\x00\x0c" + bytes(12), SIGNATURE + b"\x21\x11\x00\x02" + bytes(2), SIGNATURE + b"\x21\x11\xff\xff" + bytes(100),
])
def test_a_connection_of_a_trusted_proxy_with_a_bad_header_is_closed(site, scripted, header):
    gateway = proxied(site, scripted)
    with gateway.dial() as client:
        client.send(header, f.PREFACE, f.settings())
        client.send(f.headers(1, client.block(grpc.request_headers("ListActions"))))
        assert client.wait_closed(5) and not client.frames, f"it is served: {client.frames[:3]}"
    assert not scripted.requests
    assert behind(gateway, version_2("192.0.2.8")) == grpc.OK


def test_nobody_else_is_believed(site, scripted):
    gateway = proxied(site, scripted, trusted="10.0.0.0/8")
    assert behind(gateway, b"PROXY TCP4 192.0.2.7 10.0.0.1 1234 443\r\n") is None
    with gateway.connect() as client:
        assert client.call("ListActions").grpc_status == grpc.OK
    gateway.call_logged(peer="127.0.0.1")
    assert not any(line["peer"] == "192.0.2.7" for line in gateway.calls())


# Before a login


def test_a_connection_that_logs_nobody_in_ends(site, scripted):
    gateway = Callers(site).start(scripted, limits={"unauthenticatedLife": "700ms"})
    begun = time.monotonic()
    with gateway.connect() as idle, gateway.connect() as guessing:
        while not guessing.closed and time.monotonic() - begun < 10:
            guessing.call("ListActions", headers=[("authorization", "Bearer wrong")], timeout=1)
        idle.expect_connection_error(f.Code.ENHANCE_YOUR_CALM)
        assert guessing.closed
    assert 0.5 < time.monotonic() - begun < 8


def test_a_connection_that_has_logged_in_stays_and_each_call_is_judged(site, scripted):
    callers = Callers(site)
    gateway = callers.start(scripted, limits={"unauthenticatedLife": "700ms"})
    good = [("authorization", f"Bearer {callers.token()}")]
    with gateway.connect() as client, gateway.connect() as witness:
        assert client.call("ListActions", headers=good).grpc_status == grpc.OK
        assert witness.wait_closed(5), "the limit is not in force"
        assert client.call("ListActions", headers=good).grpc_status == grpc.OK
        assert client.call("ListActions").grpc_status == grpc.UNAUTHENTICATED, "a login of a connection is no login of a call"
        assert client.call("ListActions", headers=good).grpc_status == grpc.OK


def test_where_nobody_needs_a_login_connections_stay(site, scripted):
    site.configure(scripted, [{"type": "anonymous", "subject": "guest"}], limits={"unauthenticatedLife": "300ms"})
    gateway = site.start()
    with gateway.connect() as client:
        assert not client.wait_closed(1)
        assert client.call("ListActions").grpc_status == grpc.OK


def test_strangers_make_the_gateway_hold_little(site, scripted):
    """64 KiB for a connection whose calls all wait for their first message; then it is not read any more."""
    gateway = Callers(site).start(scripted, authentication={"beforeLogin": ["GetSqlInfo"]}, limits={"unauthenticatedLife": "1m"})
    base = gateway.rss
    sent = 0
    clients = [gateway.dial() for _ in range(20)]
    for client in clients:
        client.send(f.PREFACE, f.settings())
        client.pump(lambda c=client: c.settings_acks and c.frames_seen(f.SETTINGS))
        streams = []
        for _ in range(50):
            streams.append(client.open(grpc.request_headers("GetFlightInfo")))
            # A message that says to be of 60,000 bytes and is never whole.
            client.send(f.data(streams[-1], struct.pack(">BI", 0, 60_000)))
        client.sock.settimeout(0.5)
        try:
            for round_ in range(4):
                for stream in streams:
                    client.sock.sendall(f.data(stream, bytes(14_000)))
                    sent += 14_000
        except OSError:
            pass
    assert sent > 40 * MIB, "the clients did not send enough for a difference"
    held = gateway.rss - base
    # What is held, and of each connection what the one read brought that passed it.
    assert held < 20 * ((64 << 10) + MIB) + 4 * MIB, f"{held / MIB:.1f} MiB are held for strangers who sent {sent / MIB:.1f} MiB"
    # They stall nobody.
    callers_token = site.mint("basic:alice")
    with gateway.connect() as client:
        assert client.call("ListActions", headers=[("authorization", f"Bearer {callers_token}")]).grpc_status == grpc.OK
    for client in clients:
        client.close()
    assert not any(state.headers[":path"].endswith("GetFlightInfo") for state in scripted.requests)


def test_a_stranger_is_not_read_from_beyond_what_is_held(site, scripted):
    gateway = Callers(site).start(scripted, authentication={"beforeLogin": ["GetSqlInfo"]}, limits={"unauthenticatedLife": "1m"})
    with gateway.dial(receive_buffer=4096) as client:
        client.send(f.PREFACE, f.settings())
        client.pump(lambda: client.settings_acks and client.frames_seen(f.SETTINGS))
        streams = [client.open(grpc.request_headers("GetFlightInfo")) for _ in range(8)]
        for stream in streams:
            client.send(f.data(stream, struct.pack(">BI", 0, 60_000)))
        for stream in streams:
            for _ in range(3):
                client.send(f.data(stream, bytes(14_000)), timeout=5)
        # 336 KB were sent, five times what is held: what comes behind them waits in the socket.
        assert not client.answers_ping(timeout=1), "the gateway reads on"
    with gateway.connect() as other:
        assert other.answers_ping()
