"""How the gateway proves itself, or its callers, to an upstream; and that nothing else gets there, or back."""

import base64
import contextlib
import json
import time

import pyarrow.flight as flight
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from harness import grpc
from harness.callers import PASSWORD, Callers
from harness.configured import basic, binary, command
from harness.gateway import until
from harness.witness import TABLE, NoLogin, PayloadLogin, Witness

CANARIES = ["authorization", "auth-token-bin", "x-api-key", "x-jetway-authorization", "proxy-authorization"]
SERVICE_PASSWORD = "the service's own word"


@pytest.fixture
def callers(site):
    return Callers(site)


@pytest.fixture
def witness():
    """Makes pyarrow servers."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(Witness(*args, **options))


def options(*pairs):
    return flight.FlightCallOptions(headers=[(n.encode(), v.encode()) for n, v in pairs])


def call(gateway, *pairs):
    """A DoGet and a DoAction by pyarrow."""
    with flight.connect(gateway.location) as client:
        assert client.do_get(flight.Ticket(b"t"), options(*pairs)).read_all() == TABLE
        assert next(client.do_action(("echo", b"x"), options(*pairs))).body.to_pybytes() == b"x"


def bearer(token):
    return ("authorization", f"Bearer {token}")


# none


def test_none_no_credential_of_a_client_reaches_the_upstream(callers, witness):
    server = witness()
    gateway = callers.start(server)
    for kind, (pairs, _) in callers.credentials().items():
        if not any(name.endswith("-bin") for name, _ in pairs):
            call(gateway, *pairs, ("x-other", kind), ("proxy-authorization", "Basic eDp5"))
            assert not set(CANARIES) & set(server.last()), f"{kind}: {server.last()}"
            assert server.last()["x-other"] == [kind]


# passthrough


def test_passthrough_everything_arrives_and_the_handshake_is_relayed(site, witness):
    login = PayloadLogin(alice=PASSWORD)
    server = witness(auth_handler=login)
    gateway = site.configure(server, [{"type": "passthrough"}], credentials={"type": "passthrough"}).start()

    class Account(flight.ClientAuthHandler):
        def authenticate(self, outgoing, incoming):
            outgoing.write(flight.BasicAuth("alice", PASSWORD).serialize())
            self.token = incoming.read()

        def get_token(self):
            return getattr(self, "token", b"")

    with flight.connect(gateway.location) as client:
        with pytest.raises(flight.FlightUnauthenticatedError, match="unknown token"):
            client.do_get(flight.Ticket(b"t")).read_all()
        client.authenticate(Account())
        sent = [("authorization", "Bearer of-the-client"), ("x-api-key", "k"), ("proxy-authorization", "Basic eDp5")]
        assert client.do_get(flight.Ticket(b"t"), options(*sent)).read_all() == TABLE
    assert login.logins == 1 and login.asked[-1] == b"payload-token-1"
    for name, value in sent:
        assert server.last("DO_GET")[name] == [value]
    line = gateway.call_logged(method="/arrow.flight.protocol.FlightService/DoGet", status="OK")
    assert line["authentication"] == "passthrough"


def test_passthrough_after_other_methods_forwards_only_what_the_gateway_did_not_judge(callers, witness):
    server = witness()
    callers.methods.append({"type": "passthrough"})
    gateway = callers.start(server, credentials={"type": "passthrough"})
    call(gateway, ("authorization", basic("alice", PASSWORD)))
    assert not set(CANARIES) & set(server.last()), "a password that the gateway took was sent on"
    call(gateway, bearer("opaque-token-of-the-upstream"))
    assert server.last()["authorization"] == ["Bearer opaque-token-of-the-upstream"]


@pytest.mark.parametrize("forward", [True, False])
def test_a_jwt_goes_on_only_where_that_is_configured(callers, witness, forward):
    server = witness()
    callers.methods[1]["forward"] = forward
    if not forward:
        callers.methods.append({"type": "passthrough"})
    gateway = callers.start(server, credentials={"type": "passthrough"})
    token = callers.jwt()
    call(gateway, bearer(token))
    assert server.last().get("authorization") == ([f"Bearer {token}"] if forward else None)
    # Of other kinds nothing does.
    for pairs in ([("x-api-key", callers.api_key)], [("authorization", basic("alice", PASSWORD))], [bearer(callers.token())]):
        call(gateway, *pairs)
        assert not set(CANARIES) & set(server.last()), server.last()


# basic, bearer


def test_basic_and_bearer_are_the_gateways_own_with_every_call(callers, witness, monkeypatch):
    def judge(info, fields):
        if fields.get("authorization") not in ([basic("service", SERVICE_PASSWORD)], ["Bearer the-services-token"]):
            raise flight.FlightUnauthenticatedError("who are you?")

    server = witness(judge=judge)
    callers.site.write("word", callers.site.secret(SERVICE_PASSWORD) + "\n")
    monkeypatch.setenv("SERVICE_TOKEN", callers.site.secret("the-services-token"))
    for credentials in [{"type": "basic", "username": "service", "password": {"file": "word"}},
                        {"type": "bearer", "token": "env:SERVICE_TOKEN"}]:
        gateway = callers.start(server, credentials=credentials)
        for pairs in ([bearer(callers.token())], [("x-api-key", callers.api_key)]):
            call(gateway, *pairs)
            assert len(server.last()["authorization"]) == 1
            assert not {"x-api-key", "auth-token-bin"} & set(server.last())


# handshake


class HeaderLogin:
    """The other handshake: Basic in, Bearer out. Tokens can be made void."""

    def __init__(self):
        self.logins, self.valid = 0, set()

    def __call__(self, info, fields):
        value = fields.get("authorization", [""])[0]
        if info.method == flight.FlightMethod.HANDSHAKE:
            if value != basic("service", SERVICE_PASSWORD):
                raise flight.FlightUnauthenticatedError("unknown account")
            self.logins += 1
            self.valid = {f"Bearer header-token-{self.logins}"}
            return {"authorization": f"Bearer header-token-{self.logins}"}
        if value not in self.valid:
            raise flight.FlightUnauthenticatedError("unknown token")

    def void(self):
        self.valid = set()


def handshake_server(witness, form):
    if form == "payload":
        login = PayloadLogin(service=SERVICE_PASSWORD)
        return witness(auth_handler=login), login
    login = HeaderLogin()
    return witness(judge=login, auth_handler=NoLogin()), login


@pytest.mark.parametrize("form", ["payload", "header"])
def test_a_handshake_is_made_once_and_again_when_the_server_refuses_its_token(callers, witness, form):
    server, login = handshake_server(witness, form)
    callers.site.write("word", callers.site.secret(SERVICE_PASSWORD))
    callers.site.secrets |= {f"{form}-token-{number}" for number in range(1, 9)}
    gateway = callers.start(server, credentials={
        "type": "handshake", "username": "service", "password": {"file": "word"}, "form": form})
    pairs = [bearer(callers.token())]
    for _ in range(3):
        call(gateway, *pairs)
    assert login.logins == 1
    login.void()
    with flight.connect(gateway.location) as client:
        # The calls that find out are told so; a later one has the new token.
        def works():
            try:
                return client.do_get(flight.Ticket(b"t"), options(*pairs)).read_all() == TABLE
            except flight.FlightUnauthenticatedError:
                return False

        assert not works()
        assert until(works, 10, 0.1), "no new login after UNAUTHENTICATED"
        call(gateway, *pairs)
    assert login.logins == 2


def test_an_upstream_that_refuses_every_call_is_not_flooded_with_handshakes(callers, witness):
    """Callers who are not welcome there must not make the gateway log in for each call, and others wait for it."""
    login = HeaderLogin()

    def judge(info, fields):
        answer = login(info, fields)
        if info.method == flight.FlightMethod.LIST_FLIGHTS:
            raise flight.FlightUnauthenticatedError("nobody may do this")
        return answer

    server = witness(judge=judge, auth_handler=NoLogin())
    callers.site.write("word", callers.site.secret(SERVICE_PASSWORD))
    gateway = callers.start(server, credentials={
        "type": "handshake", "username": "service", "password": {"file": "word"}, "form": "header"})
    begun = time.monotonic()
    with gateway.connect() as client:
        for _ in range(200):
            assert client.call("ListFlights", headers=[bearer(callers.api_key)]).grpc_status == grpc.UNAUTHENTICATED
            assert client.call("ListActions", headers=[bearer(callers.api_key)]).grpc_status == grpc.OK
    assert login.logins <= 2 + (time.monotonic() - begun), f"{login.logins} handshakes for 200 refused calls"


@pytest.mark.parametrize("form", ["payload", "header"])
def test_a_handshake_that_fails_makes_calls_unavailable_until_it_succeeds(callers, witness, form):
    server, login = handshake_server(witness, form)
    callers.site.write("word", "not the service's word")
    gateway = callers.start(server, credentials={
        "type": "handshake", "username": "service", "password": {"file": "word"}, "form": form})
    with gateway.connect() as client:
        state = client.call("ListActions", headers=[bearer(callers.token())])
        assert state.grpc_status == grpc.UNAVAILABLE, state
        assert "not the service" not in grpc.message_of(state) and "unknown account" not in grpc.message_of(state)
    before = gateway.outcomes()
    callers.site.write("word", callers.site.secret(SERVICE_PASSWORD))
    callers.site.secrets.add(f"{form}-token-1")
    gateway.reload()
    assert gateway.outcomes() > before
    call(gateway, bearer(callers.token()))
    assert login.logins == 1


def test_two_callers_share_the_login_and_never_each_others_credentials(callers, witness):
    server, login = handshake_server(witness, "header")
    callers.site.write("word", callers.site.secret(SERVICE_PASSWORD))
    callers.site.secrets.add("header-token-1")
    gateway = callers.start(server, credentials={
        "type": "handshake", "username": "service", "password": {"file": "word"}, "form": "header"})
    for pairs in ([bearer(callers.token())], [bearer(callers.jwt())], [("x-api-key", callers.api_key)]):
        call(gateway, *pairs)
        assert server.last()["authorization"] == ["Bearer header-token-1"]
    assert login.logins == 1


# identityHeaders


SPOOFED = [(spelling, "basic:admin") for spelling in
           ("x-jetway-subject", "x_jetway_subject", "x-jetway_subject", "x-jetway-groups", "x_jetway_groups",
            "x-jetway-tenant", "x_jetway_method", "x-jetway-identity")]


def test_plain_identity_over_a_unix_socket(callers, witness, tmp_path):
    path = tmp_path / "flight.sock"
    server = witness(f"grpc+unix://{path}")
    callers.methods[0]["tenant"] = "acme, inc"
    gateway = callers.start(server, credentials={"type": "identityHeaders", "form": "plain"})

    def identity():
        return {name: values for name, values in server.last().items() if name.replace("_", "-").startswith("x-jetway")}

    call(gateway, ("authorization", basic("alice", PASSWORD)), *SPOOFED)
    assert identity() == {"x-jetway-subject": ["basic:alice"], "x-jetway-method": ["basic"], "x-jetway-tenant": ["acme%2C inc"]}
    call(gateway, bearer(callers.jwt("zoë", groups=["a", "b,c"], org="corp")), *SPOOFED)
    assert identity() == {"x-jetway-subject": ["jwt:corp:zo%C3%AB"], "x-jetway-method": ["jwt"],
                          "x-jetway-tenant": ["corp"], "x-jetway-groups": ["a,b%2Cc"]}
    call(gateway, ("x-api-key", callers.api_key), *SPOOFED)
    assert identity() == {"x-jetway-subject": ["apiKey:nightly"], "x-jetway-method": ["apiKey"], "x-jetway-groups": ["loaders"]}


def test_signed_identity_verifies_with_the_published_keys(callers, witness):
    server = witness()
    command("keys", "identity", callers.site.folder / "identity.pem")
    gateway = callers.start(server, admin={"address": "127.0.0.1:0"}, credentials={
        "type": "identityHeaders", "form": "signed", "key": "identity.pem", "audience": "sales"})
    keys = KeySet.import_key_set(json.loads(gateway.get_admin("/.well-known/jwks.json")))

    def identity(*pairs):
        call(gateway, *pairs, *SPOOFED)
        names = [name for name in server.last() if name.replace("_", "-").startswith("x-jetway")]
        assert names == ["x-jetway-identity"]
        (value,) = server.last()["x-jetway-identity"]
        callers.site.secret(value)
        token = jwt.decode(value, keys, algorithms=["ES256"])
        assert token.header["kid"] in {key.kid for key in keys.keys}
        return token.claims

    said = identity(bearer(callers.jwt(groups=["a", "b"], org="acme")))
    assert (said["sub"], said["aud"], said["method"], said["groups"], said["tenant"]) == \
        ("jwt:corp:carol", "sales", "jwt", ["a", "b"], "acme")
    assert said["exp"] - said["iat"] == 60 and abs(said["iat"] - time.time()) < 60
    other = identity(("x-api-key", callers.api_key))
    assert other["sub"] == "apiKey:nightly" and other["jti"] != said["jti"] and "tenant" not in other


# clientCertificate


def test_the_upstream_gets_the_gateways_certificate_and_refuses_others(callers, witness, authority, pair):
    server = witness(pair=pair, authority=authority)
    gateway_pair = authority.issue("gateway-identity", names=("gateway.internal",))
    tls = {"ca": str(authority.path), "certificate": str(gateway_pair.certificate), "key": str(gateway_pair.key),
           "serverName": "localhost"}
    gateway = callers.start(server, credentials={"type": "clientCertificate"}, upstream_options={"tls": tls})
    call(gateway, bearer(callers.token()))
    # Without an authentication handler the peer is the first name of the certificate (flight-facts.md 2.6).
    assert server.peers[-1] == b"gateway.internal" and not set(CANARIES) & set(server.last())
    gateway = callers.start(server, upstream_options={"tls": {"ca": tls["ca"], "serverName": "localhost"}})
    with gateway.connect() as client:
        state = client.call("ListActions", headers=[bearer(callers.token())])
        assert state.grpc_status == grpc.UNAVAILABLE, state


# The way back


TOLD = [("authorization", "Bearer canary-of-the-upstream"), ("auth-token-bin", binary("canary-of-the-upstream")),
        ("x-api-key", "canary-of-the-upstream"), ("x-jetway-identity", "canary-of-the-upstream"),
        ("x_jetway_subject", "canary-of-the-upstream")]


def answering(peer, state):
    peer.answer(state, b"", headers=[(":status", "200"), ("content-type", "application/grpc"), *TOLD, ("x-other", "head")],
                trailers=[*TOLD, ("x-other", "tail")])


def refusing(peer, state):
    peer.begin(state, [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "7"), *TOLD, ("x-other", "tail")], end=True)


def test_what_an_upstream_says_of_credentials_ends_at_the_gateway(callers, upstream):
    command("keys", "identity", callers.site.folder / "identity.pem")
    for script in (answering, refusing):
        scripted = upstream(on_end=script)
        gateway = callers.start(scripted, credentials={"type": "identityHeaders", "form": "signed", "key": "identity.pem"})
        with gateway.connect() as client:
            state = client.call("ListActions", headers=[bearer(callers.token())])
            for block in state.blocks:
                assert not [pair for pair in block if "canary" in pair[1] or pair[0] == "auth-token-bin"], block
            assert dict(state.blocks[-1])["x-other"] == "tail"
            assert "canary" not in repr(state.blocks)


def test_of_pyarrow_servers_too(callers, witness):
    server = witness(answers={"authorization": "Bearer canary-of-the-upstream", "x-other": "stays"})
    received = []

    class Note(flight.ClientMiddlewareFactory):
        def start_call(self, info):
            return Middle()

    class Middle(flight.ClientMiddleware):
        def received_headers(self, headers):
            received.append(headers)

    gateway = callers.start(server)
    with flight.connect(gateway.location, middleware=[Note()]) as client:
        list(client.list_actions(options(bearer(callers.token()))))
    assert received and any("x-other" in headers for headers in received)
    assert not any("authorization" in headers for headers in received)


def test_with_passthrough_they_go_back_as_they_are(site, upstream):
    scripted = upstream(on_end=answering)
    gateway = site.configure(scripted, [{"type": "passthrough"}], credentials={"type": "passthrough"}).start()
    with gateway.connect() as client:
        state = client.call("ListActions")
        for block in (state.blocks[0], state.blocks[-1]):
            assert set(TOLD) <= set(block)
