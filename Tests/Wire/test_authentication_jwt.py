"""T53: JWTs of an identity provider over HTTPS: discovery, rotation, floods, outages, and never a redirect."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import grpc
from harness.certs import Authority
from harness.configured import REFUSAL
from harness.gateway import until
from harness.identity_provider import DISCOVERY, KEYS, IdentityProvider, SigningKey

# Bytes that no key set has.
LARGE = 100 << 20


@pytest.fixture
def provider(authority):
    with IdentityProvider(authority) as made:
        yield made


@pytest.fixture
def scripted(upstream):
    return upstream()


@pytest.fixture
def method(provider):
    return {"type": "jwt", "name": "idp", "issuer": provider.issuer, "audience": "flight", "ca": str(provider.authority),
            "algorithms": ["RS256", "ES256", "EdDSA"], "claims": {"groups": "realm.roles", "tenant": "org"}}


class Caller:
    """Calls with tokens; what it sends must not be logged."""

    def __init__(self, site, gateway):
        self.site, self.gateway = site, gateway
        self.client = gateway.connect()

    def status(self, token):
        state = self.client.call("ListActions", headers=[("authorization", f"Bearer {self.site.secret(token)}")], timeout=20)
        if state.grpc_status == grpc.UNAUTHENTICATED:
            assert grpc.message_of(state) == REFUSAL
        return state.grpc_status

    def reason(self):
        return self.gateway.call_logged(status="UNAUTHENTICATED")["reason"]


@pytest.fixture
def start(site, scripted, method):
    made = []

    def begin(**changes):
        site.configure(scripted, [{**method, **changes}])
        made.append(Caller(site, site.start()))
        return made[-1]

    yield begin
    for caller in made:
        caller.client.close()


def test_keys_are_found_by_discovery_and_kept(provider, start):
    caller = start()
    for algorithm in ("RS256", "ES256", "EdDSA"):
        for _ in range(3):
            assert caller.status(provider.token("dora", algorithm, realm={"roles": ["a", "b"]}, org="acme")) == grpc.OK
    line = caller.gateway.call_logged(status="OK")
    assert (line["subject"], line["tenant"], line["authentication"]) == ("jwt:idp:dora", "acme", "jwt")
    assert (provider.fetches(DISCOVERY), provider.fetches(KEYS)) == (1, 1)


def test_the_address_of_the_keys_may_be_configured(provider, start):
    caller = start(jwks=provider.jwks)
    assert caller.status(provider.token()) == grpc.OK
    assert (provider.fetches(DISCOVERY), provider.fetches(KEYS)) == (0, 1)


def test_T53_a_new_key_is_accepted_after_one_fetch_and_the_old_one_no_more(provider, start):
    caller = start(jwks=provider.jwks)
    assert caller.status(provider.token()) == grpc.OK
    before = provider.token("dora")
    provider.rotate()
    assert caller.status(provider.token()) == grpc.OK
    assert provider.fetches() == 2
    assert caller.status(before) == grpc.UNAUTHENTICATED, "a token of a key that was withdrawn is still taken"
    assert provider.fetches() == 2


def test_T53_a_verdict_that_is_known_ends_with_the_key(provider, start):
    caller = start(jwks=provider.jwks)
    token = provider.token()
    assert caller.status(token) == caller.status(token) == grpc.OK
    provider.rotate()
    assert caller.status(provider.token("other")) == grpc.OK
    assert caller.status(token) == grpc.UNAUTHENTICATED, "the verdict on it outlives its key"


def test_T53_a_flood_of_unknown_kids_fetches_once(site, provider, start):
    caller = start(jwks=provider.jwks)
    assert caller.status(provider.token()) == grpc.OK
    stranger = SigningKey("ES256")
    claims = provider.claims()

    def flood(worker):
        with caller.gateway.connect() as client:
            states = []
            for _ in range(125):
                stranger_token = stranger.sign(claims, {"kid": f"unknown-{uuid.uuid4()}"})
                states.append(client.call("ListActions", headers=[("authorization", f"Bearer {stranger_token}")], timeout=20))
            return {state.grpc_status for state in states}

    with ThreadPoolExecutor(8) as pool:
        assert set().union(*pool.map(flood, range(8))) == {grpc.UNAUTHENTICATED}
    assert provider.fetches() <= 2, f"{provider.fetches()} fetches for 1,000 unknown kids"
    assert caller.status(provider.token()) == grpc.OK


def test_T53_calls_that_come_together_share_one_fetch(provider, start):
    caller = start(jwks=provider.jwks)
    with provider.late(0.5):
        def call(_):
            with caller.gateway.connect() as client:
                token = provider.token(uuid.uuid4().hex)
                return client.call("ListActions", headers=[("authorization", f"Bearer {token}")], timeout=20).grpc_status

        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(call, range(16))) == {grpc.OK}
    assert provider.fetches() == 1


OUTAGES = {
    "500": lambda p: p.failing(500),
    "404": lambda p: p.failing(404),
    "a redirect": lambda p: p.redirecting(),
    "a redirect to another scheme": lambda p: p.redirecting("http://127.0.0.1:9/keys"),
    "no JSON": lambda p: p.answering(body=b"<html>"),
    "an empty set": lambda p: p.answering(body=b'{"keys": []}'),
    "a set of shared keys": lambda p: p.answering(body=b'{"keys": [{"kty":"oct","k":"c2VjcmV0","alg":"HS256","kid":"a","use":"sig"}]}'),
    "100 MB": lambda p: p.oversized(LARGE),
    "too late": lambda p: p.late(7),
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_T53_without_keys_nobody_gets_in(provider, start, outage):
    caller = start(jwks=provider.jwks)
    with OUTAGES[outage](provider):
        begun = time.monotonic()
        rss = caller.gateway.rss
        assert caller.status(provider.token()) == grpc.UNAUTHENTICATED
        assert time.monotonic() - begun < 10
        assert caller.gateway.rss - rss < LARGE / 4, "the answer was kept in memory"
        assert "there are no keys" in caller.reason()
        # Within the cool-down nobody asks again, even for a good token.
        for _ in range(20):
            assert caller.status(provider.token(uuid.uuid4().hex)) == grpc.UNAUTHENTICATED
        assert provider.fetches() == 1
    assert provider.fetches("/moved") == 0, "a redirect was followed"
    caller.gateway.logged("keys of an issuer cannot be fetched")


def test_T53_keys_go_on_while_the_provider_is_down_and_then_nobody_gets_in(provider, start):
    caller = start(jwks=provider.jwks, maxStale="3s")
    known = provider.token("known")
    assert caller.status(known) == grpc.OK
    loaded = time.monotonic()
    with provider.failing():
        assert caller.status(known) == grpc.OK
        assert caller.status(provider.token("new")) == grpc.OK, "keys are good for three seconds"
        assert time.monotonic() - loaded < 2.5, "this machine is too slow for the test"
        assert until(lambda: caller.status(known) == grpc.UNAUTHENTICATED, 10, 0.2), "stale keys are used for ever"
        assert "keys are stale" in caller.reason()
        assert caller.status(provider.token("new")) == grpc.UNAUTHENTICATED


def test_T53_a_provider_whose_certificate_is_not_trusted_gives_no_keys(provider, start, tmp_path):
    other = Authority(tmp_path / "other", name="Another CA")
    caller = start(jwks=provider.jwks, ca=str(other.path))
    assert caller.status(provider.token()) == grpc.UNAUTHENTICATED
    assert "TLS" in caller.reason() and provider.fetches() == 0


def test_discovery_for_another_issuer_gives_no_keys(provider, start):
    caller = start()
    wrong = {**provider.configuration, "issuer": "https://localhost:1"}
    with provider.answering(body=json.dumps(wrong).encode(), path=DISCOVERY):
        assert caller.status(provider.token()) == grpc.UNAUTHENTICATED
    assert provider.fetches() == 0


def test_discovery_of_keys_without_tls_gives_no_keys(provider, start):
    caller = start()
    wrong = {**provider.configuration, "jwks_uri": "http://127.0.0.1:9/keys"}
    with provider.answering(body=json.dumps(wrong).encode(), path=DISCOVERY):
        assert caller.status(provider.token()) == grpc.UNAUTHENTICATED


def test_keys_survive_a_reload(provider, start, site):
    caller = start(jwks=provider.jwks)
    token = provider.token()
    assert caller.status(token) == grpc.OK
    site.configuration["limits"]["activeCalls"] = 500
    before = caller.gateway.outcomes()
    site.save()
    caller.gateway.wait_reload(before)
    with provider.failing():
        assert caller.status(token) == caller.status(provider.token("new")) == grpc.OK
    assert provider.fetches() == 1


def test_a_call_that_waits_for_keys_does_not_hold_up_others(provider, scripted, site, method):
    site.users(alice="alice's own word")
    site.key_ring()
    site.configure(scripted, [{**method, "jwks": provider.jwks}], tokens={"keys": "keys.json"})
    gateway = site.start()
    token = site.mint("jwt:idp:alice")
    with provider.late(3), gateway.connect() as slow, gateway.connect() as quick:
        waiting = slow.call("ListActions", headers=[("authorization", f"Bearer {provider.token()}")], wait=False)
        assert until(lambda: provider.fetches() == 1)
        begun = time.monotonic()
        assert quick.call("ListActions", headers=[("authorization", f"Bearer {token}")]).grpc_status == grpc.OK
        assert time.monotonic() - begun < 2.5 and not waiting.done
        assert slow.pump(lambda: waiting.done, 20) and waiting.grpc_status == grpc.OK
