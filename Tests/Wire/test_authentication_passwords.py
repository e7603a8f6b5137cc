"""T54: passwords of htpasswd files: every kind of hash, throttling, and answers that tell nothing of who exists."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import grpc
from harness.callers import PASSWORD
from harness.configured import REFUSAL, basic
from harness.gateway import until

ATTEMPTS_PER_USER = 10
ATTEMPTS_PER_ADDRESS = 100


@pytest.fixture
def scripted(upstream):
    return upstream()


def basic_method(**changes):
    return {"type": "basic", "users": "users.htpasswd", **changes}


def attempt(client, user, password):
    state = client.call("ListActions", headers=[("authorization", basic(user, password))], timeout=30)
    if state.grpc_status == grpc.UNAUTHENTICATED:
        assert grpc.message_of(state) == REFUSAL
    return state


@pytest.mark.parametrize("scheme", ["bcrypt", "yescrypt", "sha512", "argon2id"])
def test_passwords_hashed_in_each_way_are_verified(site, scripted, scheme):
    site.users(scheme=scheme, alice=PASSWORD, bob="bob's own word")
    gateway = site.configure(scripted, [basic_method(tenant="acme")]).start()
    with gateway.connect() as client:
        for user, word in [("alice", PASSWORD), ("bob", "bob's own word"), ("alice", PASSWORD)]:
            assert attempt(client, user, word).grpc_status == grpc.OK
        for user, word in [("alice", "bob's own word"), ("bob", PASSWORD), ("alice", PASSWORD[:-1]), ("alice", PASSWORD + " "), ("ALICE", PASSWORD)]:
            assert attempt(client, user, word).grpc_status == grpc.UNAUTHENTICATED, (user, word)
    assert gateway.call_logged(subject="basic:alice", tenant="acme", authentication="basic")


def test_one_file_may_mix_hashes_and_have_comments(site, scripted):
    lines = []
    for scheme, user in [("bcrypt", "a"), ("yescrypt", "b"), ("sha512", "c"), ("argon2id", "d")]:
        lines.append(site.users(scheme=scheme, **{user: f"the word of {user}"}).read_text())
    site.write("users.htpasswd", "# our users\n\n" + "".join(lines))
    gateway = site.configure(scripted, [basic_method()]).start()
    with gateway.connect() as client:
        for user in "abcd":
            assert attempt(client, user, f"the word of {user}").grpc_status == grpc.OK


def test_T54_guessing_one_users_password_is_throttled_before_it_is_hashed(site, scripted):
    site.users(scheme="argon2id", alice=PASSWORD, bob="bob's own word")
    gateway = site.configure(scripted, [basic_method()]).start()
    with gateway.connect() as client:
        for number in range(ATTEMPTS_PER_USER):
            assert attempt(client, "alice", f"guess {number}").grpc_status == grpc.UNAUTHENTICATED
        assert gateway.call_logged(status="UNAUTHENTICATED")["reason"] == "wrong password"
        spent = gateway.cpu
        for number in range(1000):
            assert attempt(client, "alice", f"another guess {number}").grpc_status == grpc.UNAUTHENTICATED
        # An argon2id hash of 19 MiB takes 10 ms and more; a refusal takes none.
        assert gateway.cpu - spent < 3, "guesses beyond the limit are hashed"
        assert gateway.call_logged(status="UNAUTHENTICATED")["reason"] == "too many failed logins"
        # The right one is not tried either, and another user is not hit.
        assert attempt(client, "alice", PASSWORD).grpc_status == grpc.UNAUTHENTICATED
        assert attempt(client, "bob", "bob's own word").grpc_status == grpc.OK
    assert not [state for state in scripted.requests if state.headers.get("authorization")]


def test_T54_guessing_many_users_from_one_address_is_throttled(site, scripted):
    site.users(alice=PASSWORD)
    gateway = site.configure(scripted, [basic_method()]).start()
    with gateway.connect() as client:
        for number in range(ATTEMPTS_PER_ADDRESS + 20):
            assert attempt(client, f"user{number}", "guess").grpc_status == grpc.UNAUTHENTICATED
    reasons = [line["reason"] for line in gateway.calls()]
    assert reasons.count("unknown user") <= ATTEMPTS_PER_ADDRESS and "too many failed logins" in reasons


def test_T54_throttling_counts_the_addresses_that_a_trusted_proxy_tells(site, scripted):
    site.users(alice=PASSWORD)
    listener = {"address": "127.0.0.1:0", "proxyProtocol": {"trusted": ["127.0.0.1/32"]}}
    gateway = site.configure(scripted, [basic_method()], listeners=[listener]).start()

    def statuses(address, words):
        with gateway.dial() as client:
            client.send(f"PROXY TCP4 {address} 10.0.0.1 1234 443\r\n".encode())
            client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
            return [attempt(client, "alice", word).grpc_status for word in words]

    assert set(statuses("192.0.2.1", [f"guess {n}" for n in range(ATTEMPTS_PER_USER)])) == {grpc.UNAUTHENTICATED}
    assert statuses("192.0.2.1", [PASSWORD]) == [grpc.UNAUTHENTICATED]
    assert statuses("192.0.2.2", [PASSWORD]) == [grpc.OK], "alice is locked out by somebody else"
    assert gateway.call_logged(status="OK")["peer"] == "192.0.2.2"


def test_T54_hashes_do_not_hold_up_the_event_loop(site, scripted):
    site.users(scheme="argon2id", alice=PASSWORD)
    site.key_ring()
    gateway = site.configure(scripted, [basic_method()], tokens={"keys": "keys.json"}).start()
    token = site.mint("basic:alice")
    with gateway.connect() as client:
        client.call("ListActions", headers=[("authorization", f"Bearer {token}")])
        with ThreadPoolExecutor(8) as pool:
            def guess(number):
                with gateway.connect() as other:
                    return {attempt(other, f"user{number}", f"guess {n}").grpc_status for n in range(5)}

            flood = [pool.submit(guess, number) for number in range(8)]
            delays = []
            while not all(one.done() for one in flood):
                begun = time.monotonic()
                assert client.call("ListActions", headers=[("authorization", f"Bearer {token}")]).grpc_status == grpc.OK
                delays.append(time.monotonic() - begun)
            assert {status for one in flood for status in one.result()} <= {grpc.UNAUTHENTICATED, grpc.UNAVAILABLE}
    # On the loop each hash would take tens of milliseconds of the only thread that answers.
    assert len(delays) > 20 and statistics.median(delays) < 0.02, f"{len(delays)} calls, median {statistics.median(delays)}"


def test_T54_more_logins_at_once_than_can_wait_are_unavailable(site, scripted):
    """Hashes that cost much: the queue of 64 is full before the first is done."""
    line = "$6$rounds=3000000$0123456789abcdef$" + "a" * 86
    site.write("users.htpasswd", "".join(f"user{n}:{line}\n" for n in range(200)))
    gateway = site.configure(scripted, [basic_method()]).start()
    with gateway.connect() as client:
        states = [client.call("ListActions", headers=[("authorization", basic(f"user{n}", "guess"))], wait=False) for n in range(90)]
        refused = lambda: [state for state in states if state.done]  # noqa: E731
        assert client.pump(lambda: len(refused()) >= 20, 20)
        overloaded = [state for state in refused() if state.grpc_status == grpc.UNAVAILABLE]
        assert len(overloaded) >= 20 and "too many logins" in grpc.message_of(overloaded[0])
    gateway.kill()  # it computes for minutes


@pytest.mark.load
def test_T54_an_answer_takes_the_same_time_whether_or_not_there_is_such_a_user(site, scripted):
    """Many addresses, so that no guess is throttled; unknown and known names take turns."""
    site.users(scheme="argon2id", alice=PASSWORD)
    listener = {"address": "127.0.0.1:0", "proxyProtocol": {"trusted": ["127.0.0.1/32"]}}
    gateway = site.configure(scripted, [basic_method()], listeners=[listener]).start()
    times = {"alice": [], "nobody": []}
    for number in range(150):
        with gateway.dial() as client:
            client.send(f"PROXY TCP4 192.0.{number // 250}.{number % 250 + 1} 10.0.0.1 1234 443\r\n".encode())
            client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
            order = ["alice", "nobody"] if number % 2 else ["nobody", "alice"]
            for user in order:
                begun = time.monotonic()
                assert attempt(client, user, f"guess {number}").grpc_status == grpc.UNAUTHENTICATED
                times[user].append(time.monotonic() - begun)
    medians = {user: statistics.median(values) for user, values in times.items()}
    assert abs(medians["alice"] - medians["nobody"]) < 0.05 * max(medians.values()) + 0.001, medians


def test_T54_the_texts_and_fields_of_both_answers_are_the_same(site, scripted):
    site.users(alice=PASSWORD)
    gateway = site.configure(scripted, [basic_method()]).start()
    with gateway.connect() as client:
        known, unknown = attempt(client, "alice", "guess"), attempt(client, "nobody", "guess")
    strip = lambda state: [[pair for pair in block if pair[0] != "x-request-id"] for block in state.blocks]  # noqa: E731
    assert strip(known) == strip(unknown)
    assert until(lambda: {line["reason"] for line in gateway.calls()} == {"wrong password", "unknown user"})
