"""T51, T52, T55: whatever is wrong with a credential, the caller learns one and the same, and nothing goes upstream."""

import json
import time

import pytest
from cryptography.hazmat.primitives import hashes

from harness import frames as f
from harness import grpc
from harness.badserver import Recorder
from harness.callers import AUDIENCE, ISSUER, PASSWORD, Callers
from harness.configured import REFUSAL, basic, binary
from harness.identity_provider import SigningKey
from harness.rawjwt import b64, encoded, hs, make, public_pem, rs

METHODS = ["Handshake", "ListFlights", "GetFlightInfo", "PollFlightInfo", "GetSchema", "DoGet", "DoPut", "DoExchange",
           "DoAction", "ListActions", "/grpc.health.v1.Health/Check",
           "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/arrow.flight.protocol.FlightService/Drop", "/a/b"]
# Room for credentials that are too large: what is beyond the limit of header fields is refused without a look at it.
LARGE = {"downstream": {"headerListBytes": "256KiB"}}
BODY = grpc.message(grpc.field(1, b"secret ticket of the body"))


@pytest.fixture
def upstream_recorder():
    with Recorder() as recorder:
        yield recorder


@pytest.fixture
def callers(site):
    return Callers(site, "RS256")


def bearer(text):
    return [("authorization", f"Bearer {text}")]


def bad_credentials(callers):
    """Wrong, expired, forged, oversized, repeated and unparsable, of every kind: name and fields."""
    token, jwt, key = callers.token(), callers.jwt(), callers.api_key
    site, good = callers.site, basic("alice", PASSWORD)
    stranger = callers.site.__class__(site.folder / "stranger")
    stranger.key_ring()
    foreign = stranger.mint("basic:alice")
    site.secrets |= stranger.secrets
    changed = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]
    table = {
        "nothing": [],
        "an empty token of a handshake alone": [("auth-token-bin", "")],
        "an empty field": [("authorization", "")],
        "a scheme alone": [("authorization", "Bearer")],
        "another scheme": [("authorization", "Negotiate YII=")],
        "no scheme": [("authorization", token)],
        "a wrong password": [("authorization", basic("alice", site.secret("wrong word of alice")))],
        "another user's password": [("authorization", basic("bob", PASSWORD))],
        "an unknown user": [("authorization", basic("mallory", PASSWORD))],
        "an empty password": [("authorization", basic("alice", ""))],
        "an empty name": [("authorization", basic("", PASSWORD))],
        "a password with a NUL behind it": [("authorization", basic("alice", PASSWORD + "\0"))],
        "a name with a line feed": [("authorization", basic("alice\n", PASSWORD))],
        "a name with a terminal's sequence": [("authorization", basic("\x1b[31malice", PASSWORD))],
        "another case of the name": [("authorization", basic("Alice", PASSWORD))],
        "a long name": [("authorization", basic("a" * 300, PASSWORD))],
        "a long password": [("authorization", basic("alice", "p" * 2000))],
        "a password that is longer than bcrypt reads": [("authorization", basic("alice", PASSWORD + "x" * 100))],
        "no colon": [("authorization", "Basic " + b64(b"alice"))],
        "no base64": [("authorization", "Basic !!!!")],
        "base64 with a space in it": [("authorization", "Basic YWxp Y2U6")],
        "a password that is not UTF-8": [("authorization", "Basic " + b64(b"alice:\xff\xfe"))],
        "a password twice": [("authorization", good), ("authorization", good)],
        "a password and a token": [("authorization", good), ("x-jetway-authorization", f"Bearer {token}")],
        "a token and an API key": bearer(token) + [("x-api-key", key)],
        "a token and a wrong one": bearer(token) + [("auth-token-bin", binary("wrong"))],
        "two tokens in one field": [("auth-token-bin", f"{binary(token)},{binary(token)}")],
        "two credentials joined with a comma": [("authorization", f"Bearer {token}, Bearer {token}")],
        "a token of another gateway": bearer(foreign),
        "a changed token": bearer(changed),
        "a shorter token": bearer(token[:-2]),
        "a longer token": bearer(token + "AA"),
        "the prefix of a token alone": bearer("jwy_"),
        "a token of 60 KB": bearer("jwy_" + "A" * 60_000),
        "a token with a space in it": bearer(token + " x"),
        "a token that is not ASCII": bearer("jwy_\xc3\xa9"),
        "a token in upper case": bearer(token.upper()),
        "a token as a password": [("authorization", basic("alice", token))],
        "a token of a handshake that is binary": [("auth-token-bin", binary(b"\x00\xff\x01"))],
        "a token of a handshake that is wrong": [("auth-token-bin", binary("wrong"))],
        "a wrong API key": [("x-api-key", key[:-1] + ("a" if key[-1] != "a" else "b"))],
        "an API key with another id": [("x-api-key", key.replace("loader", "loadex"))],
        "an API key's id alone": [("x-api-key", "jak_loader_")],
        "an empty API key": [("x-api-key", "")],
        "an API key twice": [("x-api-key", key), ("x-api-key", key)],
        "an API key of 60 KB": [("x-api-key", "jak_loader_" + "0" * 60_000)],
        "an API key as a password": [("authorization", basic("loader", key))],
        "an expired JWT": bearer(callers.jwt(exp=int(time.time()) - 120)),
        "a JWT of another issuer": bearer(callers.jwt(iss="other")),
        "a JWT for another audience": bearer(callers.jwt(aud="other")),
        "a JWT of another key": bearer(callers.jwt(key=callers.other_key)),
        "a JWT of half": bearer(jwt[: len(jwt) // 2]),
        "a JWT as a password": [("authorization", basic("carol", jwt))],
        "a field that looks like ours": [("x-jetway-subject", "basic:alice"), ("x-forwarded-user", "alice")],
    }
    for lifetime, name in [("1s", "an expired token")]:
        table[name] = bearer(callers.token("basic:alice", "--lifetime", lifetime))
    return table


def assert_refused(state, kind):
    """One status, one text, trailers only, and a number to ask for."""
    assert state.grpc_status == grpc.UNAUTHENTICATED, f"{kind}: {state}"
    assert len(state.blocks) == 1 and not state.received and state.ended, f"{kind}: not trailers-only: {state}"
    fields = dict(state.blocks[0])
    assert set(fields) == {":status", "content-type", "grpc-status", "grpc-message", "x-request-id"}, f"{kind}: {fields}"
    assert (fields[":status"], fields["content-type"]) == ("200", "application/grpc")
    assert grpc.percent_decoded(fields["grpc-message"]) == REFUSAL, f"{kind}: {fields}"


def send_at_once(client, method, pairs):
    """HEADERS and the whole body in one packet."""
    identifier = client.next_stream
    client.next_stream += 2
    state = client.stream(identifier)
    block = grpc.literal_block(grpc.request_headers(method, pairs))
    pieces = [block[i : i + 16_000] for i in range(0, len(block), 16_000)]
    out = [f.headers(identifier, pieces[0], end_stream=False, end_headers=len(pieces) == 1)]
    out += [f.continuation(identifier, piece, end_headers=piece is pieces[-1]) for piece in pieces[1:]]
    client.send(*out, f.data(identifier, BODY, end=True))
    return state


def test_T51_bad_credentials_of_every_kind_get_one_answer_and_nothing_goes_upstream(callers, upstream_recorder):
    gateway = callers.start(upstream_recorder, limits=LARGE)
    table = bad_credentials(callers)
    time.sleep(1.1)  # the token of one second
    identifiers = {}
    with gateway.connect() as client:
        for kind, pairs in table.items():
            state = client.call("ListActions", headers=pairs)
            assert_refused(state, kind)
            identifiers[kind] = dict(state.blocks[0])["x-request-id"]
    assert len(set(identifiers.values())) == len(identifiers)
    reasons = {kind: gateway.call_logged(request_id=number)["reason"] for kind, number in identifiers.items()}
    assert all(reasons.values()), f"no reason in the log: {reasons}"
    assert reasons["an expired token"] == "the token has expired"
    assert len(set(reasons.values())) > 12, "the log does not tell the kinds apart"
    for number in identifiers.values():
        gateway.logged(f"request-id={number}")
    # A good one gets through, so that the recorder does see calls.
    assert not upstream_recorder.beyond_upkeep()
    with gateway.connect() as client:
        client.call("ListActions", headers=bearer(callers.token()), wait=False)
        client.drain()
        assert upstream_recorder.wait(upstream_recorder.beyond_upkeep), "the recorder sees no calls at all"


def test_T51_every_method_with_its_body_in_the_same_packet(callers, upstream_recorder):
    gateway = callers.start(upstream_recorder, limits=LARGE)
    table = bad_credentials(callers)
    kinds = ["nothing", "a wrong password", "no base64", "a changed token", "a token of another gateway", "a wrong API key",
             "an expired JWT", "a JWT of another key", "a token and an API key", "another scheme", "a token of 60 KB"]
    for method in METHODS:
        with gateway.connect() as client:
            states = [(kind, send_at_once(client, method, table[kind])) for kind in kinds for _ in range(3)]
            assert client.pump(lambda: all(state.done for _, state in states), 20), states[-1]
            for kind, state in states:
                assert_refused(state, f"{method} with {kind}")
    assert not upstream_recorder.beyond_upkeep()
    assert len(upstream_recorder.received) <= 1, "connections were made for strangers"


def test_T51_handshakes_that_are_no_login_get_the_same_answer(callers, upstream_recorder):
    gateway = callers.start(upstream_recorder, limits=LARGE)
    account = lambda name, word: grpc.field(2, grpc.field(2, name) + grpc.field(3, word))  # noqa: E731
    table = {
        "no message": None,
        "an empty message": b"",
        "an empty payload": grpc.field(2, b""),
        "a wrong password": account("alice", "wrong"),
        "an unknown user": account("mallory", PASSWORD),
        "no BasicAuth": grpc.field(2, b"\xff\xff\xff"),
        "text": grpc.field(2, b"let me in"),
        "a token as the payload": grpc.field(2, callers.token()),
        "no protobuf": b"\xff\xff",
        "a name with a line feed": account("al\nice", PASSWORD),
    }
    with gateway.connect() as client:
        for kind, message in table.items():
            if message is None:
                stream = client.open(grpc.request_headers("Handshake"), end=True)
                state = client.stream(stream)
                client.pump(lambda: state.done)
            else:
                state = client.call("Handshake", message)
            assert_refused(state, kind)
        # What is too long to be a login is not kept.
        state = client.call("Handshake", grpc.field(2, b"x" * 100_000))
        assert state.grpc_status in (grpc.UNAUTHENTICATED, grpc.RESOURCE_EXHAUSTED), state
    assert not upstream_recorder.beyond_upkeep()


def test_T51_a_handshake_that_never_sends_its_message_ends_with_the_connections_life(callers, upstream_recorder):
    gateway = callers.start(upstream_recorder, limits={"unauthenticatedLife": "500ms"})
    with gateway.connect() as client:
        client.open(grpc.request_headers("Handshake"))
        client.expect_connection_error(f.Code.ENHANCE_YOUR_CALM)
    gateway.logged("unauthenticatedLife")
    assert not upstream_recorder.beyond_upkeep()


# T52


def variants(callers):
    """Payloads and headers as nobody should take them: name, token."""
    now, key = int(time.time()), callers.key
    header = {"alg": "RS256", "kid": key.kid, "typ": "JWT"}
    good = callers.claims()
    sign = rs(key)
    mallory = SigningKey("RS256", kid=key.kid)
    right = make(header, good, sign)
    start, _, signature = right.rpartition(".")
    changed = lambda **parts: make(header, {**good, **parts}, sign)  # noqa: E731
    without = lambda name: make(header, {k: v for k, v in good.items() if k != name}, sign)  # noqa: E731
    headed = lambda **parts: make({**header, **parts}, good, sign)  # noqa: E731
    text = json.dumps(good)
    table = {
        "alg none": f"{encoded({**header, 'alg': 'none'})}.{encoded(good)}.",
        "alg None with a signature": make({**header, "alg": "None"}, good, sign),
        "alg nOnE": f"{encoded({**header, 'alg': 'nOnE'})}.{encoded(good)}.",
        "HS256 with the public key as PEM": make({**header, "alg": "HS256"}, good, hs(public_pem(key))),
        "HS256 with the public key as a JWK": make({**header, "alg": "HS256"}, good, hs(json.dumps(key.public).encode())),
        "HS256 with nothing": make({**header, "alg": "HS256"}, good, hs(b"")),
        "RS512 where the key is for RS256": make({**header, "alg": "RS512"}, good, rs(key, hashes.SHA512())),
        "a digest of another length": make(header, good, rs(key, hashes.SHA512())),
        "alg in lower case": headed(alg="rs256"),
        "no alg": make({"kid": key.kid}, good, sign),
        "alg twice": make(f'{{"alg":"none","alg":"RS256","kid":"{key.kid}"}}'.encode(), good, sign),
        "alg as a list": headed(alg=["RS256"]),
        "an empty signature": f"{start}.",
        "no signature": start,
        "a padded signature": f"{right}==",
        "a signature in plain base64": f"{start}.+/{signature[2:]}",
        "a signature with a line feed": f"{start}.{signature[:20]}%0A{signature[20:]}",
        "a shorter signature": right[:-4],
        "a longer signature": right + "AAAA",
        "another signature": f"{start}.{b64(bytes(256))}",
        "a fourth part": f"{right}.{signature}",
        "five parts": f"{right}.{signature}.{signature}",
        "a dot before it": f".{right}",
        "the attacker's key as jwk": make({**header, "jwk": mallory.public}, good, rs(mallory)),
        "the attacker's key at jku": make({**header, "jku": "https://127.0.0.1:9/keys"}, good, rs(mallory)),
        "the attacker's key at x5u": make({**header, "x5u": "https://127.0.0.1:9/keys"}, good, rs(mallory)),
        "crit": headed(crit=["exp"]),
        "an empty crit": headed(crit=[]),
        "b64": headed(b64=False, crit=["b64"]),
        "zip": headed(zip="DEF"),
        "a nested token": headed(cty="JWT"),
        "a token of another kind": headed(typ="logout+jwt"),
        "an unknown kid": headed(kid="unknown"),
        "a kid that is a path": headed(kid="../../../../dev/null"),
        "a kid that is SQL": headed(kid="' UNION SELECT 'x"),
        "a kid of 10 KB": headed(kid="k" * 10_000),
        "a kid with a NUL": headed(kid=key.kid + "\0"),
        "a kid that is a number": headed(kid=1),
        "an empty kid": headed(kid=""),
        "a header that is a list": make(b"[]", good, sign),
        "a header that is no JSON": make(b"{", good, sign),
        "a header with bytes behind it": make(json.dumps(header).encode() + b"x", good, sign),
        "a payload that is a list": make(header, b"[]", sign),
        "a payload that is no JSON": make(header, b"{'iss':1}", sign),
        "a payload that is not UTF-8": make(header, b'{"iss":"\xff"}', sign),
        "a payload that is deep": make(header, b"[" * 5000 + b"]" * 5000, sign),
        "a claim that is deep": make(header, (text[:-1] + ',"x":' + "[" * 1000 + "]" * 1000 + "}").encode(), sign),
        "a token of 20 KB": make(header, {**good, "x": "y" * 20_000}, sign),
        "sub twice": make(header, (text[:-1] + ',"sub":"admin"}').encode(), sign),
        "exp twice": make(header, (text[:-1] + f',"exp":{now + 900}}}').encode(), sign),
        "no iss": without("iss"), "no aud": without("aud"), "no exp": without("exp"), "no sub": without("sub"),
        "another iss": changed(iss="corp/"), "iss in another case": changed(iss=ISSUER.upper()), "iss as a list": changed(iss=[ISSUER]),
        "another aud": changed(aud="flights"), "aud as a prefix": changed(aud=AUDIENCE[:-1]), "aud in an object": changed(aud={AUDIENCE: 1}),
        "an empty list as aud": changed(aud=[]), "a list of others as aud": changed(aud=["a", "b"]), "a number in aud": changed(aud=[AUDIENCE, 1]),
        "an empty sub": changed(sub=""), "a number as sub": changed(sub=1), "null as sub": changed(sub=None), "a list as sub": changed(sub=["carol"]),
        "a sub with a line feed": changed(sub="carol\nadmin"), "a sub with a terminal's sequence": changed(sub="\x1b[2Jcarol"),
        "a sub with a NUL": changed(sub="carol\0"), "a sub of 5 KB": changed(sub="c" * 5000),
        "exp as text": changed(exp=str(now + 600)), "exp null": changed(exp=None), "exp beyond the skew": changed(exp=now - 75),
        "exp below zero": changed(exp=-1), "exp 2^63": changed(exp=2**63), "exp 2^64": changed(exp=2**64), "exp 1e400": make(header, text.replace(str(good["exp"]), "1e400").encode(), sign),
        "exp true": changed(exp=True), "exp as a list": changed(exp=[now + 600]),
        "nbf beyond the skew": changed(nbf=now + 90), "nbf as text": changed(nbf="1"), "nbf 2^63": changed(nbf=2**63),
        "iat in the future": changed(iat=now + 90), "iat as text": changed(iat="1"),
        "groups that are numbers": changed(groups=[1, 2]), "an object as groups": changed(groups={"a": 1}), "a number as the tenant": changed(org=7),
    }
    return {kind: callers.site.secret(token) for kind, token in table.items()}


def good_variants(callers):
    now = int(time.time())
    header = {"alg": "RS256", "kid": callers.key.kid}
    good, sign = callers.claims(), rs(callers.key)
    table = {
        "plain": make(header, good, sign),
        "without kid, as there is one key": make({"alg": "RS256"}, good, sign),
        "of the kind at+jwt": make({**header, "typ": "at+jwt"}, good, sign),
        "aud in a list": make(header, {**good, "aud": ["other", AUDIENCE]}, sign),
        "exp with a fraction": make(header, {**good, "exp": now + 600.5}, sign),
        "exp within the skew": make(header, {**good, "exp": now - 20}, sign),
        "nbf within the skew": make(header, {**good, "nbf": now + 20}, sign),
        "without nbf and iat": make(header, {k: v for k, v in good.items() if k not in ("nbf", "iat")}, sign),
        "with groups and a tenant": make(header, {**good, "groups": ["a", "b"], "org": "acme"}, sign),
        "a name beyond ASCII": make(header, {**good, "sub": "Zoë"}, sign),
    }
    return {kind: callers.site.secret(token) for kind, token in table.items()}


def test_T52_only_valid_tokens_pass_and_all_others_get_one_answer(callers, upstream_recorder, upstream):
    gateway = callers.start(upstream_recorder, limits=LARGE)
    bad = variants(callers)
    assert len(bad) > 75
    with gateway.connect() as client:
        for kind, token in bad.items():
            assert_refused(client.call("ListActions", headers=bearer(token)), kind)
        for kind, token in list(bad.items())[:20]:
            assert_refused(client.call("ListActions", headers=[("auth-token-bin", binary(token))]), kind)
    assert not upstream_recorder.beyond_upkeep()
    gateway.assert_alive()
    scripted = upstream()
    gateway = callers.start(scripted)
    with gateway.connect() as client:
        for kind, token in good_variants(callers).items():
            for _ in range(2):  # the second time the verdict is known
                state = client.call("ListActions", headers=bearer(token))
                assert state.grpc_status == grpc.OK, f"{kind}: {state}"
    assert gateway.call_logged(subject="jwt:corp:carol", tenant="acme", authentication="jwt")
    assert gateway.call_logged(subject="jwt:corp:Zoë")


# T55


SPOOFED = [
    ("x-jetway-subject", "basic:admin"), ("x_jetway_subject", "basic:admin"), ("x-jetway_subject", "basic:admin"),
    ("x-jetway-groups", "admins"), ("x_jetway_groups", "admins"), ("x-jetway-tenant", "other"), ("x-jetway-method", "basic"),
    ("x-jetway-identity", "e30.e30.e30"), ("x_jetway_identity", "e30.e30.e30"),
]


def test_T55_what_a_client_says_of_itself_never_reaches_the_upstream(callers, upstream, tmp_path):
    scripted = upstream()
    callers.site.write("identity.pem", SigningKey("ES256").key.as_pem(private=True))
    gateway = callers.start(scripted, credentials={"type": "identityHeaders", "form": "signed", "key": "identity.pem"})
    ours = {"x-jetway-identity"}
    with gateway.connect() as client:
        state = client.call("ListActions", headers=[*SPOOFED, *bearer(callers.token()), ("x-other", "stays")])
        assert state.grpc_status == grpc.OK
        fields = scripted.requests[-1].blocks[0]
        names = [name.replace("_", "-") for name, _ in fields]
        assert names.count("x-jetway-identity") == 1 and dict(fields)["x-jetway-identity"] != "e30.e30.e30"
        assert not {"basic:admin", "admins", "other"} & {value for _, value in fields}, fields
        assert [name for name in names if name.startswith("x-jetway")] == list(ours)
        assert ("x-other", "stays") in fields
        # Two credentials are none, however they are spelled.
        for second in (("authorization", f"Bearer {callers.token()}"), ("x-jetway-authorization", basic("alice", PASSWORD))):
            assert_refused(client.call("ListActions", headers=[*bearer(callers.token()), second]), "two credentials")


def test_T55_names_of_identity_fields_that_are_configured_are_stripped_in_every_spelling(callers, upstream):
    scripted = upstream()
    callers.site.write("identity.pem", SigningKey("ES256").key.as_pem(private=True))
    gateway = callers.start(scripted, credentials={
        "type": "identityHeaders", "form": "signed", "key": "identity.pem",
        "headers": {"identity": "x-forwarded-user", "subject": "x-forwarded-client-cert"}})
    with gateway.connect() as client:
        spoofed = [("x-forwarded-user", "admin"), ("x_forwarded_user", "admin"), ("x_forwarded-user", "admin"),
                   ("x-forwarded-client-cert", "admin"), ("x_forwarded_client_cert", "admin")]
        assert client.call("ListActions", headers=[*spoofed, *bearer(callers.token())]).grpc_status == grpc.OK
    fields = scripted.requests[-1].blocks[0]
    assert "admin" not in {value for _, value in fields}
    assert [name for name, _ in fields if "forwarded" in name] == ["x-forwarded-user"]
