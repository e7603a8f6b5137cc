"""The gateway's own bearer tokens: on every replica with the key ring, through rotations, and no longer than they should be."""

import json
import re
import shutil
import time

import pytest

from harness import grpc
from harness.callers import PASSWORD, Callers
from harness.configured import basic, command
from harness.gateway import until


@pytest.fixture
def scripted(upstream):
    return upstream()


def call(gateway, token, method="ListActions"):
    with gateway.connect() as client:
        return client.call(method, headers=[("authorization", f"Bearer {token}")])


def status(gateway, token):
    return call(gateway, token).grpc_status


def given(site, state):
    """The token that an answer gives, or None."""
    found = [value for name, value in state.blocks[0] if name == "authorization"]
    return site.secret(found[0].removeprefix("Bearer ")) if found else None


def log_in(site, gateway, user="alice", password=PASSWORD):
    with gateway.connect() as client:
        return given(site, client.call("ListActions", headers=[("authorization", basic(user, password))]))


def inspect(site, token):
    return json.loads(command("token", "--keys", site.folder / "keys.json", "--inspect", given=token))


def test_a_token_is_good_at_every_gateway_with_the_ring_and_at_no_other(sites, scripted):
    first, second, third, fourth = sites(), sites(), sites(), sites()
    callers = Callers(first)
    one = callers.start(scripted)
    for replica in (second, fourth):
        for name in ("keys.json", "users.htpasswd", "api-keys.json"):
            shutil.copy(first.folder / name, replica.folder / name)
    two = second.configure(scripted, callers.methods[:1], tokens={"keys": "keys.json"}).start()
    three = Callers(third).start(scripted)
    four = fourth.configure(scripted, callers.methods[2:], tokens={"keys": "keys.json"}).start()
    token = log_in(first, one)
    for replica in (second, third, fourth):
        replica.secret(token)
    assert status(one, token) == status(two, token) == grpc.OK
    assert two.call_logged(subject="basic:alice", authentication="basic")
    assert status(three, token) == grpc.UNAUTHENTICATED, "it has another ring"
    assert status(four, token) == grpc.UNAUTHENTICATED, "it has no such method"


def test_without_a_ring_tokens_end_with_the_process(site, scripted):
    site.users(alice=PASSWORD)
    site.configure(scripted, [{"type": "basic", "users": "users.htpasswd"}])
    gateway = site.start()
    gateway.logged("no key ring is configured")
    token = log_in(site, gateway)
    assert status(gateway, token) == grpc.OK
    gateway.reload()
    assert status(gateway, token) == grpc.OK, "a reload is not the end of the process"
    assert status(site.start(), token) == grpc.UNAUTHENTICATED


def test_keys_rotate_with_an_overlap(site, scripted):
    callers = Callers(site)
    gateway = callers.start(scripted)
    old = log_in(site, gateway)
    before = gateway.outcomes()
    command("keys", "rotate", site.folder / "keys.json")
    gateway.wait_reload(before)
    new = log_in(site, gateway)
    assert status(gateway, old) == status(gateway, new) == grpc.OK
    # The old key goes: its tokens end, those of the new one go on.
    ring = json.loads((site.folder / "keys.json").read_text())
    ring["keys"] = [key for key in ring["keys"] if key["use"] == "sign"]
    before = gateway.outcomes()
    site.write("keys.json", json.dumps(ring))
    gateway.wait_reload(before)
    assert (status(gateway, old), status(gateway, new)) == (grpc.UNAUTHENTICATED, grpc.OK)


def test_a_verdict_that_is_kept_on_a_connection_ends_with_the_key(site, scripted):
    callers = Callers(site)
    gateway = callers.start(scripted)
    token = callers.token()
    with gateway.connect() as client:
        header = [("authorization", f"Bearer {token}")]
        assert client.call("ListActions", headers=header).grpc_status == grpc.OK
        assert client.call("ListActions", headers=header).grpc_status == grpc.OK
        (site.folder / "keys.json").unlink()
        site.key_ring()
        gateway.reload()
        assert client.call("ListActions", headers=header).grpc_status == grpc.UNAUTHENTICATED


@pytest.mark.parametrize("kind", ["id", "subject"])
def test_revoked_tokens_are_not_taken_any_more(site, scripted, kind):
    callers = Callers(site)
    site.write("revoked", "# nobody yet\n")
    callers.settings["tokens"] = {"keys": "keys.json", "revoked": "revoked"}
    gateway = callers.start(scripted)
    token, other = callers.token("basic:alice"), callers.token("basic:bob")
    header = [("authorization", f"Bearer {token}")]
    with gateway.connect() as client:
        assert client.call("ListActions", headers=header).grpc_status == grpc.OK
        before = gateway.outcomes()
        line = inspect(site, token)["id"] if kind == "id" else f"subject:basic:alice before:{int(time.time()) + 1}"
        site.write("revoked", line + "\n")
        gateway.wait_reload(before)
        assert client.call("ListActions", headers=header).grpc_status == grpc.UNAUTHENTICATED
    assert gateway.call_logged(reason="the token was revoked")
    assert status(gateway, other) == grpc.OK
    if kind == "subject":
        assert until(lambda: status(gateway, callers.token("basic:alice")) == grpc.OK, 10, 0.3), "a later login does not count"


def test_a_user_who_is_removed_loses_access_and_comes_back_with_the_file(site, scripted):
    callers = Callers(site)
    gateway = callers.start(scripted)
    alice, bob = callers.token("basic:alice"), callers.token("basic:bob")
    users = (site.folder / "users.htpasswd").read_text()
    before = gateway.outcomes()
    site.write("users.htpasswd", "".join(line + "\n" for line in users.splitlines() if not line.startswith("alice:")))
    gateway.wait_reload(before)
    assert (status(gateway, alice), status(gateway, bob)) == (grpc.UNAUTHENTICATED, grpc.OK)
    before = gateway.outcomes()
    site.write("users.htpasswd", users)
    gateway.wait_reload(before)
    assert (status(gateway, alice), status(gateway, bob)) == (grpc.OK, grpc.OK)


def test_a_token_is_renewed_in_its_last_third_and_not_before(site, scripted):
    callers = Callers(site)
    callers.settings["tokens"]["lifetime"] = "1m"
    gateway = callers.start(scripted)
    young = log_in(site, gateway)
    assert given(site, call(gateway, young)) is None
    # One of which little is left at once: of 3 seconds the last.
    old = callers.token("basic:alice", "--lifetime", "3s")
    assert given(site, call(gateway, old)) is None

    def renewed():
        state = call(gateway, old)
        assert state.grpc_status == grpc.OK, "it ran out before it was renewed"
        return given(site, state)

    fresh = until(renewed, 5, 0.1)
    assert fresh and fresh != old
    assert until(lambda: status(gateway, old) == grpc.UNAUTHENTICATED, 5, 0.1), "it does not run out"
    assert status(gateway, fresh) == grpc.OK
    said = inspect(site, fresh)
    assert said["subject"] == "basic:alice" and said["loggedIn"] < said["issued"], "a renewal is no new login"


def test_a_handshake_with_a_token_gives_that_token_back(site, scripted):
    callers = Callers(site)
    gateway = callers.start(scripted)
    token = callers.token()
    with gateway.connect() as client:
        state = client.call("Handshake", b"", headers=[("authorization", f"Bearer {token}")])
        assert state.grpc_status == grpc.OK and grpc.fields(state.messages[0])[2] == [token.encode()]


def test_a_token_for_a_jwt_does_not_outlive_it(site, scripted):
    callers = Callers(site)
    gateway = callers.start(scripted)
    jwt = callers.jwt(exp=int(time.time()) + 90)
    with gateway.connect() as client:
        state = client.call("Handshake", b"", headers=[("authorization", f"Bearer {jwt}")])
        token = site.secret(grpc.fields(state.messages[0])[2][0].decode())
    said = inspect(site, token)
    assert said["subject"] == "jwt:corp:carol"
    assert re.match(r"\d{4}-", said["expires"]) and said["expires"] <= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 91))
    assert status(gateway, token) == grpc.OK
