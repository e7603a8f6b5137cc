"""T47, T49: a changed configuration is taken whole or not at all, and no call fails of it."""

import contextlib
import ctypes
import json
import os
import signal
import socket
import ssl
import threading
import time

import pytest

from harness import frames as f
from harness import grpc
from harness.callers import PASSWORD, Callers
from harness.certs import Authority
from harness.configured import ConfiguredGateway, basic
from harness.gateway import until
from harness.load import Load
from harness.rawframes import RawClient, tls_context
from harness.witness import Witness


def crypt(password, setting):
    """Through the C library, as login programs do."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), setting.encode()).decode()


ANONYMOUS = [{"type": "anonymous", "subject": "guest"}]
ADMIN = {"address": "127.0.0.1:0"}
# The password "slow" takes seconds to verify.
SLOW_HASH = crypt("slow", "$6$rounds=2000000$0123456789abcdef$")


@pytest.fixture
def scripted(upstream):
    return upstream()


def status(gateway, *pairs, port=None, **options):
    with RawClient.connect(port or gateway.port, **options) as client:
        return client.call("ListActions", headers=pairs).grpc_status


def files_of(site):
    return json.loads(site.file.read_text())


# Taken


@pytest.mark.parametrize("way", ["SIGHUP", "a new file", "a file that is written in place"])
def test_a_changed_configuration_is_taken(site, scripted, way):
    gateway = site.configure(scripted, ANONYMOUS, admin=ADMIN).start()
    assert status(gateway) == grpc.OK
    gateway.call_logged(subject="anonymous:guest")
    site.configuration["authentication"]["methods"] = [{"type": "anonymous", "subject": "visitor"}]
    before = gateway.outcomes()
    if way == "a file that is written in place":
        site.file.write_text(json.dumps(site.configuration))
    else:
        site.save()
    if way == "SIGHUP":
        gateway.signal(signal.SIGHUP)
    gateway.wait_reload(before)
    assert status(gateway) == grpc.OK
    gateway.call_logged(subject="anonymous:visitor")
    assert gateway.metric("jetway_configuration_reloads_total", result="succeeded") >= 1


def test_a_swap_of_kubernetes_is_taken(site, scripted, tmp_path):
    """A volume of Kubernetes: files are links into ..data, a link that is moved onto another folder."""

    def publish(revision, **files):
        folder = tmp_path / f"..{revision}"
        folder.mkdir()
        for name, content in files.items():
            (folder / name.replace("_", ".")).write_text(content)
        new = tmp_path / "..data_tmp"
        new.symlink_to(folder.name)
        os.replace(new, tmp_path / "..data")

    site.users(alice=PASSWORD)
    users = (site.folder / "users.htpasswd").read_text()
    site.configure(scripted, [{"type": "basic", "users": "users.htpasswd"}])
    site.configuration["telemetry"] = {"accessLog": str(site.folder / "access.log")}
    publish("first", jetway_json=json.dumps(site.configuration), users_htpasswd=users)
    for name in ("jetway.json", "users.htpasswd"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    gateway = ConfiguredGateway(tmp_path / "jetway.json")
    site.gateways.append(gateway)
    alice, bob = ("authorization", basic("alice", PASSWORD)), ("authorization", basic("bob", "bob's own word"))
    assert (status(gateway, alice), status(gateway, bob)) == (grpc.OK, grpc.UNAUTHENTICATED)
    site.users(bob="bob's own word")
    before = gateway.outcomes()
    publish("second", jetway_json=json.dumps(site.configuration), users_htpasswd=(site.folder / "users.htpasswd").read_text())
    gateway.wait_reload(before)
    assert (status(gateway, alice), status(gateway, bob)) == (grpc.UNAUTHENTICATED, grpc.OK)


def test_a_users_file_that_changes_takes_effect_by_itself(site, scripted):
    callers = Callers(site)
    gateway = callers.start(scripted)
    alice = ("authorization", basic("alice", PASSWORD))
    with gateway.connect() as client:
        state = client.call("ListActions", headers=[alice])
        token = ("authorization", dict(state.blocks[0])["authorization"])
        site.secret(token[1].removeprefix("Bearer "))
        assert client.call("ListActions", headers=[token]).grpc_status == grpc.OK
        before = gateway.outcomes()
        site.users(bob="bob's own word")
        gateway.wait_reload(before)
        # The password, the token that it was worth, and verdicts that were kept on this very connection.
        assert client.call("ListActions", headers=[alice]).grpc_status == grpc.UNAUTHENTICATED
        assert client.call("ListActions", headers=[token]).grpc_status == grpc.UNAUTHENTICATED
    assert gateway.call_logged(reason="the token's subject is known no more")


def test_a_changed_password_makes_the_old_one_void_at_once(site, scripted):
    callers = Callers(site)
    gateway = callers.start(scripted)
    with gateway.connect() as client:
        assert client.call("ListActions", headers=[("authorization", basic("alice", PASSWORD))]).grpc_status == grpc.OK
        site.users(alice="a new word for alice")
        gateway.reload()
        assert client.call("ListActions", headers=[("authorization", basic("alice", PASSWORD))]).grpc_status == grpc.UNAUTHENTICATED
        assert client.call("ListActions", headers=[("authorization", basic("alice", "a new word for alice"))]).grpc_status == grpc.OK


def test_a_call_that_runs_goes_on_as_it_began(site, upstream):
    held = []
    first = upstream(on_end=lambda peer, state: held.append((peer, state)))
    second = upstream()
    gateway = site.configure(first, ANONYMOUS).start()
    with gateway.connect() as client:
        running = client.call("ListActions", wait=False)
        assert first.wait(lambda: held)
        site.configuration["upstreams"]["main"]["servers"] = [second.location]
        site.save()
        gateway.reload()
        assert client.call("ListActions").grpc_status == grpc.OK and len(second.requests) == 1
        peer, state = held[0]
        peer.answer(state, b"late")
        assert client.pump(lambda: running.done) and running.grpc_status == grpc.OK and running.messages == [b"late"]
    # The old upstream's connection has no other use.
    assert first.wait(lambda: all(peer.closed for peer in first.connections))


def test_T47_a_call_that_is_being_judged_goes_to_the_upstream_that_it_began_with(site, upstream):
    """Its password takes a while; meanwhile the upstream is another one."""
    first, second = upstream(), upstream()
    site.write("users.htpasswd", f"alice:{SLOW_HASH}\n")
    gateway = site.configure(first, [{"type": "basic", "users": "users.htpasswd"}]).start()
    assert first.wait(lambda: first.connections)
    with gateway.connect() as client:
        judged = client.call("ListActions", headers=[("authorization", basic("alice", "slow"))], wait=False)
        site.configuration["upstreams"]["main"]["servers"] = [second.location]
        site.save()
        gateway.reload()
        assert not judged.done, "the reload came too late for the test"
        assert first.wait(lambda: all(peer.closed or peer.goaway for peer in first.connections))
        assert client.pump(lambda: judged.done, 20) and judged.grpc_status == grpc.OK, judged
        site.secret(dict(judged.blocks[0])["authorization"].removeprefix("Bearer "))
    assert first.wait(lambda: all(peer.closed for peer in first.connections)), "a connection of the old upstream stays"


def test_T47_a_call_that_waits_for_a_connection_gets_it_after_the_upstream_was_replaced(site, upstream):
    ready = threading.Event()

    def slow(peer):
        ready.wait(5)
        peer.send(f.settings())

    first, second = upstream(on_connection=slow), upstream()
    gateway = site.configure(first, ANONYMOUS, limits={"pendingTime": "5s"}).start()
    with gateway.connect() as client:
        waiting = client.call("ListActions", wait=False)
        assert client.answers_ping()
        site.configuration["upstreams"]["main"]["servers"] = [second.location]
        site.save()
        gateway.reload()
        ready.set()
        assert client.pump(lambda: waiting.done, 10) and waiting.grpc_status == grpc.OK, waiting
    assert first.wait(lambda: all(peer.closed for peer in first.connections)), "a connection of the old upstream stays"


def test_reloads_that_come_together_end_with_the_last_file(site, scripted):
    """Signals and changed files at the same time: one reload after the other."""
    site.write("users.htpasswd", "".join(f"user{n}:{SLOW_HASH}\n" for n in range(20_000)))
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(4)]
        ports = [probe.getsockname()[1] for probe in probes]
    methods = [{"type": "basic", "users": "users.htpasswd"}, {"type": "anonymous", "subject": "0"}]
    gateway = site.configure(scripted, methods).start()
    end, number = time.monotonic() + 6, 0
    while time.monotonic() < end:
        number += 1
        site.configuration["authentication"]["methods"][1]["subject"] = str(number)
        site.configuration["listeners"][1:] = [{"address": f"127.0.0.1:{port}"} for port in ports[: number % 5]]
        site.save()
        gateway.signal(signal.SIGHUP)
        time.sleep(0.05)
    site.configuration["listeners"][1:] = [{"address": f"127.0.0.1:{ports[0]}"}]
    site.save()
    gateway.signal(signal.SIGHUP)

    def settled():
        before = gateway.outcomes()
        time.sleep(2.5)
        return gateway.outcomes() == before

    assert until(settled, 30)
    assert status(gateway, port=ports[0]) == grpc.OK
    gateway.call_logged(subject=f"anonymous:{number}")
    assert gateway.outcomes()[1] == 0, gateway.log()
    for port in ports[1:]:
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=2)


def test_an_unchanged_upstream_keeps_its_connections(site, scripted):
    gateway = site.configure(scripted, ANONYMOUS).start()
    assert status(gateway) == grpc.OK
    site.configuration["authentication"]["methods"] = [{"type": "anonymous", "subject": "visitor"}]
    site.save()
    gateway.reload()
    assert status(gateway) == grpc.OK
    assert len(scripted.connections) == 1


def test_a_listener_comes_and_goes(site, scripted):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    gateway = site.configure(scripted, ANONYMOUS).start()
    site.configuration["listeners"].append({"address": f"127.0.0.1:{free}"})
    site.save()
    gateway.reload()
    held = RawClient.connect(free)
    assert status(gateway, port=free) == grpc.OK == status(gateway)
    del site.configuration["listeners"][1]
    site.save()
    gateway.reload()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", free), timeout=2)
    assert held.pump(lambda: held.goaway), "its connections are not asked to end"
    held.close()
    assert status(gateway) == grpc.OK


def test_access_logs_go_on_in_a_new_file_after_sigusr1(site, scripted):
    gateway = site.configure(scripted, ANONYMOUS).start()
    assert status(gateway) == grpc.OK
    gateway.call_logged(status="OK")
    old = site.folder / "access.log.1"
    (site.folder / "access.log").rename(old)
    gateway.signal(signal.SIGUSR1)
    assert until(lambda: (site.folder / "access.log").exists())
    assert status(gateway) == grpc.OK
    gateway.call_logged(status="OK")
    assert len(old.read_text().splitlines()) == len(gateway.calls()) == 1


# Not taken


def broken(site):
    """Ways to break a configuration: name, and what to do to it."""

    def change(*path, value):
        def do(configuration):
            place = configuration
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value

        return do

    method = ("authentication", "methods")
    return {
        "an unknown key": change("nothing", value=1),
        "an unknown key further in": change("upstreams", "main", "sever", value=1),
        "a wrong type": change("listeners", value={}),
        "no listeners": change("listeners", value=[]),
        "a wrong address": change("listeners", 0, "address", value="nowhere"),
        "an address in use": change("listeners", value=[{"address": "127.0.0.1:0"}, {"address": "TAKEN"}]),
        "no methods": change(*method, value=[]),
        "an unknown method": change(*method, value=[{"type": "magic"}]),
        "a users file that is not there": change(*method, value=[{"type": "basic", "users": "absent"}]),
        "a users file that is none": change(*method, value=[{"type": "basic", "users": "broken"}]),
        "a key file that is none": change(*method, value=[{"type": "jwt", "name": "a", "issuer": "a", "audience": "b", "jwks": "broken"}]),
        "an API key file that is none": change(*method, value=[{"type": "apiKey", "keys": "broken"}]),
        "a key ring that is none": change("authentication", "tokens", value={"keys": "broken"}),
        "a key ring that others can read": change("authentication", "tokens", value={"keys": "open.json"}),
        "a certificate that is not there": change("listeners", 0, "tls", value={"certificates": [{"certificate": "absent", "key": "absent"}]}),
        "a certificate that is none": change("listeners", 0, "tls", value={"certificates": [{"certificate": "broken", "key": "broken"}]}),
        "no upstreams": change("upstreams", value={}),
        "a wrong server": change("upstreams", "main", "servers", value=["http://127.0.0.1:9"]),
        "a secret that is not there": change("upstreams", "main", "credentials", value={"type": "bearer", "token": "env:JETWAY_TEST_UNSET"}),
        "a limit that is none": change("limits", "activeCalls", value="many"),
        "what is not supported": change("upstreams", "main", "tickets", value="seal"),
        "no policies": lambda configuration: configuration.pop("policies"),
    }


def test_T47_broken_files_change_nothing_are_logged_and_counted(site, scripted):
    site.write("broken", "nothing that is anything")
    site.key_ring("open.json").chmod(0o644)
    gateway = site.configure(scripted, ANONYMOUS, admin=ADMIN).start()
    good = files_of(site)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        cases = broken(site)
        for number, (kind, breaks) in enumerate(cases.items(), 1):
            configuration = json.loads(json.dumps(good).replace("TAKEN", "x"))
            breaks(configuration)
            text = json.dumps(configuration).replace("TAKEN", f"127.0.0.1:{taken.getsockname()[1]}")
            site.write("jetway.json", text)
            gateway.reload(taken=False)
            assert status(gateway) == grpc.OK, kind
    for text in ("", "{", '{"listeners": [], "listeners": []}', "[]", "\0"):
        site.write("jetway.json", text)
        gateway.reload(taken=False)
        assert status(gateway) == grpc.OK
    site.file.unlink()
    gateway.reload(taken=False)
    assert status(gateway) == grpc.OK
    assert gateway.metric("jetway_configuration_reloads_total", result="failed") >= len(cases) + 6
    assert gateway.metric("jetway_configuration_reloads_total", result="succeeded") == 0
    gateway.logged("configuration not reloaded")
    site.write("jetway.json", json.dumps(good))
    gateway.reload()


# Under load


@pytest.mark.load
@pytest.mark.timeout(240)
def test_T47_a_hundred_reloads_under_load_fail_no_call(site):
    callers = Callers(site)
    with Witness() as server:
        gateway = callers.configure(server).start(threads=2)
        headers = [("authorization", f"Bearer {callers.token()}")]
        loads = [Load(gateway.location, headers=headers), Load(gateway.location, headers=headers, reconnect=True, clients=2),
                 Load(gateway.location, headers=[("authorization", f"Bearer {callers.jwt()}")], clients=2)]
        end = time.monotonic() + 30
        with loads[0], loads[1], loads[2]:
            for number in range(100):
                site.configuration["limits"]["activeCalls"] = 500 + number % 7
                if number % 10 == 9:
                    site.write("jetway.json", "{")
                    gateway.reload(taken=False)
                    continue
                if number % 10 == 4:  # another upstream as far as pools are concerned
                    site.configuration["limits"]["upstreamConnections"] = 10 + number
                site.save()
                gateway.reload()
            while time.monotonic() < end:
                time.sleep(0.1)
        for load in loads:
            load.assert_none_failed(at_least=200)


@pytest.mark.load
@pytest.mark.timeout(240)
def test_T49_certificates_rotate_under_load_and_new_connections_see_the_new_one(site, authority):
    def issue(name):
        pair = authority.issue(name)
        site.write("key.pem", pair.key.read_bytes())
        site.write("cert.pem", pair.certificate.read_bytes())
        return ssl.PEM_cert_to_DER_cert(pair.certificate.read_text())

    def shown(gateway):
        context = tls_context(str(authority.path))
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                return secured.getpeercert(binary_form=True)

    first = issue("first")
    tls = {"certificates": [{"certificate": "cert.pem", "key": "key.pem"}]}
    with Witness() as server:
        site.configure(server, ANONYMOUS, listeners=[{"address": "127.0.0.1:0", "tls": tls}], admin=ADMIN)
        gateway = site.start(threads=2)
        location = f"grpc+tls://localhost:{gateway.port}"
        options = {"tls_root_certs": authority.path.read_bytes()}
        lasting, fresh = Load(location, clients=2, **options), Load(location, clients=3, reconnect=True, **options)
        with lasting, fresh:
            assert shown(gateway) == first
            for number in range(8):
                before = gateway.outcomes()
                der = issue(f"rotation-{number}")
                gateway.wait_reload(before)
                assert until(lambda: shown(gateway) == der)
            # Bad pairs: the last good one stays.
            other = Authority(site.folder / "other").issue("mismatched")
            for certificate, key in [(other.certificate.read_bytes(), None), (b"-----BEGIN CERTIFICATE-----\n", None),
                                     (None, b""), (None, other.key.read_bytes())]:
                kept = (site.folder / "cert.pem").read_bytes(), (site.folder / "key.pem").read_bytes()
                before = gateway.outcomes()
                if certificate is not None:
                    site.write("cert.pem", certificate)
                if key is not None:
                    site.write("key.pem", key)
                gateway.wait_reload(before, taken=False)
                assert shown(gateway) == der
                before = gateway.outcomes()
                site.write("cert.pem", kept[0])
                site.write("key.pem", kept[1])
                gateway.wait_reload(before)
        lasting.assert_none_failed(at_least=100)
        fresh.assert_none_failed(at_least=100)
        assert gateway.metric("jetway_configuration_reloads_total", result="failed") >= 4


def test_T49_a_new_authority_for_clients_is_taken_with_the_next_connection(site, scripted, authority, tmp_path):
    other = Authority(tmp_path / "other", name="Another CA")
    pair = authority.issue("server")
    site.write("clients.pem", authority.path.read_bytes())
    tls = {"certificates": [{"certificate": str(pair.certificate), "key": str(pair.key)}], "clientCA": "clients.pem",
           "clientCertificate": "required"}
    gateway = site.configure(scripted, [{"type": "clientCertificate", "subject": "san.dns"}],
                             listeners=[{"address": "127.0.0.1:0", "tls": tls}]).start()

    def attempt(client):
        context = tls_context(str(authority.path))
        context.load_cert_chain(client.certificate, client.key)
        try:
            return status(gateway, tls=context)
        except (OSError, AssertionError):
            return "refused"

    old, new = authority.issue("old", names=("old.client",)), other.issue("new", names=("new.client",))
    assert (attempt(old), attempt(new)) == (grpc.OK, "refused")
    before = gateway.outcomes()
    site.write("clients.pem", other.path.read_bytes())
    gateway.wait_reload(before)
    assert (attempt(old), attempt(new)) == ("refused", grpc.OK)
    gateway.call_logged(subject="clientCertificate:new.client")
