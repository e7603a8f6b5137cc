"""`jetway serve --config`: what it says and does with a file; its listeners, and its access log (T60)."""

import json
import re

import pyarrow.flight as flight
import pytest

from harness import grpc
from harness.callers import PASSWORD, Callers
from harness.configured import REFUSAL, basic, binary
from harness.gateway import one_line, refused, until
from harness.rawframes import RawClient, tls_context
from harness.witness import TABLE, Witness

ANONYMOUS = [{"type": "anonymous", "subject": "guest"}]
METHOD = "/arrow.flight.protocol.FlightService/"


def test_a_configured_gateway_relays_real_calls(site):
    with Witness() as server:
        gateway = site.configure(server, ANONYMOUS).start()
        with flight.connect(gateway.location) as client:
            assert client.do_get(flight.Ticket(b"t")).read_all() == TABLE
            assert next(client.do_action(("echo", b"x"))).body.to_pybytes() == b"x"
        line = gateway.call_logged(method=METHOD + "DoGet")
        assert (line["subject"], line["status"], line["rows-out"]) == ("anonymous:guest", "OK", 3)


def test_a_file_with_problems_serves_nothing_and_tells_them_all(site):
    site.configure("grpc://127.0.0.1:9", [{"type": "basic", "users": "absent.htpasswd"}])
    site.configuration["limits"]["nothing"] = 1
    site.save()
    code, output, errors = refused("serve", "--config", site.file)
    assert (code, output) == (1, "")
    assert any("/limits/nothing" in line for line in errors.splitlines()), errors


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]"])
@pytest.mark.parametrize("command", ["serve", "check"])
def test_credentials_without_tls_are_refused_unless_that_is_meant(site, host, command):
    site.users(alice=PASSWORD)
    site.configure("grpc://127.0.0.1:9", [{"type": "basic", "users": "users.htpasswd"}], listeners=[{"address": f"{host}:0"}])
    code, _, errors = refused(command, "--config", site.file)
    assert code == 1 and "allowPlaintextCredentials" in errors
    site.configuration["listeners"][0]["allowPlaintextCredentials"] = True
    site.save()
    assert refused("check", "--config", site.file)[0] == 0


def test_an_upstream_that_everybody_can_listen_to_gets_no_credentials_unless_that_is_meant(site):
    site.write("word", site.secret("the service's word"))
    site.configure("grpc://192.0.2.1:9", ANONYMOUS, credentials={"type": "basic", "username": "a", "password": {"file": "word"}})
    for command in ("serve", "check"):
        code, _, errors = refused(command, "--config", site.file)
        assert code == 1 and "allowPlaintextCredentials" in errors


@pytest.mark.parametrize("flag", [["--listen", "127.0.0.1:0"], ["--upstream", "grpc://127.0.0.1:9"], ["--limit", "readSize=16KiB"]])
def test_what_the_file_says_is_not_said_twice(site, flag):
    site.configure("grpc://127.0.0.1:9", ANONYMOUS)
    code, output, errors = refused("serve", "--config", site.file, *flag)
    assert (code, output) == (2, "") and flag[0] in one_line(errors)


def test_each_listener_is_what_it_is_configured_to_be(site, upstream, pair, authority, tmp_path):
    """Also where several take any free port of one address."""
    scripted = upstream()
    tls = {"certificates": [{"certificate": str(pair.certificate), "key": str(pair.key)}]}
    listeners = [{"address": "127.0.0.1:0"}, {"address": "127.0.0.1:0", "tls": tls}, {"address": f"unix:{tmp_path}/s"},
                 {"address": "127.0.0.1:0"}]
    gateway = site.configure(scripted, ANONYMOUS, listeners=listeners).start()
    assert [location.split(":")[0] for location in gateway.locations] == ["grpc", "grpc+tls", "grpc+unix", "grpc"]
    for location in gateway.locations:
        options = {"tls_root_certs": authority.path.read_bytes()} if "tls" in location else {}
        with flight.connect(location.replace("127.0.0.1", "localhost") if options else location, **options) as client:
            assert len(list(client.list_actions())) == 1
    with RawClient.connect(gateway.ports[1], tls=tls_context(str(authority.path))) as client:
        assert client.call("ListActions").grpc_status == grpc.OK
    with RawClient.connect(gateway.ports[3]) as client:
        assert client.call("ListActions").grpc_status == grpc.OK


def test_services_of_an_upstream_are_relayed_under_the_same_login(site, upstream):
    scripted = upstream()
    callers = Callers(site)
    gateway = callers.start(scripted, upstream_options={"services": ["/influxdata.platform.storage.*"]})
    good = [("authorization", f"Bearer {callers.token()}")]
    path = "/influxdata.platform.storage.Storage/Read"
    with gateway.connect() as client:
        assert client.call(path, headers=good).grpc_status == grpc.OK
        assert client.call("/other.Service/Read", headers=good).grpc_status == grpc.UNIMPLEMENTED
        assert client.call(path).grpc_status == grpc.UNAUTHENTICATED
    assert [state.headers[":path"] for state in scripted.requests] == [path]


# Before a login


def test_what_is_let_in_before_a_login_has_a_name_and_everything_else_does_not_get_in(site):
    callers = Callers(site)
    with Witness() as server:
        gateway = callers.start(server, authentication={"beforeLogin": ["GetSqlInfo", "ListActions"]})
        info = grpc.command(grpc.any_message("CommandGetSqlInfo", b""))
        other = grpc.command(grpc.any_message("CommandStatementQuery", grpc.field(1, "SELECT 1")))
        with gateway.connect() as client:
            assert client.call("ListActions").grpc_status == grpc.OK
            assert gateway.call_logged(authentication="beforeLogin")["status"] == "OK"
            state = client.call("GetFlightInfo", info)
            assert state.grpc_status == grpc.UNIMPLEMENTED, "the witness knows no SqlInfo, and it was asked"
            assert client.call("GetFlightInfo", other).grpc_status == grpc.UNAUTHENTICATED
            assert client.call("GetFlightInfo", grpc.command(b"text")).grpc_status == grpc.UNAUTHENTICATED
            assert client.call("GetFlightInfo").grpc_status == grpc.UNAUTHENTICATED
            assert client.call("DoGet", grpc.ticket(grpc.any_message("CommandGetSqlInfo", b""))).grpc_status == grpc.OK
            assert client.call("DoGet", grpc.ticket(b"t")).grpc_status == grpc.UNAUTHENTICATED
            # A wrong credential is no missing one.
            assert client.call("ListActions", headers=[("authorization", "Bearer x")]).grpc_status == grpc.UNAUTHENTICATED
            # The command a second time, in a field that a reader may take for the first.
            both = grpc.field(1, 2) + grpc.field(2, grpc.any_message("CommandGetSqlInfo", b"")) + grpc.field(2, grpc.any_message("CommandStatementQuery", b""))
            assert client.call("GetFlightInfo", both).grpc_status != grpc.OK
        asked = [name for name, _ in server.calls]
    assert asked.count("GET_FLIGHT_INFO") <= 1 and asked.count("DO_GET") == 1, asked


def test_without_the_setting_no_command_gets_in_before_a_login(site, upstream):
    scripted = upstream()
    gateway = Callers(site).start(scripted)
    with gateway.connect() as client:
        info = grpc.command(grpc.any_message("CommandGetSqlInfo", b""))
        assert client.call("GetFlightInfo", info).grpc_status == grpc.UNAUTHENTICATED
    assert not scripted.requests


# T60


def test_T60_each_call_is_a_line_of_json_whatever_is_in_it(site, upstream):
    scripted = upstream(on_end=lambda peer, state: peer.answer(state, b"", status=3, trailers=[("grpc-message", "a%0Ab%1B[31m\"}")]))
    callers = Callers(site)
    gateway = callers.start(scripted)
    canaries = {f"canary-{n}-of-twenty" for n in range(20)}
    site.secrets |= canaries
    c = iter(sorted(canaries))
    good = ("authorization", f"Bearer {callers.token()}")
    with gateway.connect() as client:
        client.call("DoGet", grpc.ticket(next(c)), headers=[good])
        client.call("DoAction", grpc.action("t", next(c)), headers=[good])
        client.call("GetFlightInfo", grpc.command(grpc.any_message("CommandStatementQuery", grpc.field(1, f"SELECT '{next(c)}'"))), headers=[good])
        client.call("ListFlights", grpc.field(1, next(c)), headers=[good, ("cookie", next(c)), ("x-token", next(c)), ("database", next(c))])
        for pairs in ([("authorization", f"Bearer {next(c)}")], [("authorization", basic(next(c), next(c)))], [("authorization", next(c))],
                      [("authorization", f"{next(c)} x")], [("auth-token-bin", binary(next(c)))], [("x-api-key", next(c))],
                      [("x-api-key", f"jak_loader_{next(c)}")], [("authorization", f"Bearer jwy_{next(c)}")], [("authorization", f"Bearer {next(c)}.a.b")],
                      [("cookie", next(c))]):
            assert client.call("ListActions", headers=pairs).grpc_status == grpc.UNAUTHENTICATED
        client.call("Handshake", grpc.field(2, grpc.field(2, "\x1b[2J\r\nalice") + grpc.field(3, next(c))))
        client.call("/a/" + "x" * 9000, headers=[good])
        client.call("/a/last", headers=[good])
    gateway.call_logged(method="/a/last")
    raw = (site.folder / "access.log").read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", raw) and raw.endswith(b"\n")
    lines = gateway.calls()
    assert len(lines) == 17 and all(len(str(value)) <= 1024 for line in lines for value in line.values())
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]), line["time"]
        assert {"request-id", "peer", "method", "status"} <= set(line)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", gateway.log(1 << 20))


def test_T60_at_the_level_trace_nothing_more_is_told(site):
    callers = Callers(site)
    with Witness() as server:
        gateway = callers.configure(server).start(log_level="trace")
        for pairs, _ in callers.credentials().values():
            with gateway.connect() as client:
                for name, value in client.call("DoGet", grpc.ticket(site.secret("a-secret-ticket")), headers=pairs).blocks[0]:
                    if name == "authorization":
                        site.secret(value.removeprefix("Bearer "))
        gateway.logged("call finished")


def test_labels_of_metrics_are_of_closed_sets(site, upstream):
    callers = Callers(site)
    gateway = callers.start(upstream(), admin={"address": "127.0.0.1:0"})
    with gateway.connect() as client:
        for n in range(50):
            client.call(f"/service{n}/Method{n}", headers=[("authorization", f"Bearer token{n}")])
        client.call("ListActions", headers=[("authorization", f"Bearer {callers.token()}")])
    assert until(lambda: gateway.metric("jetway_logins_total", result="accepted") == 1)
    assert gateway.metric("jetway_logins_total", result="refused") == 50
    assert gateway.metric("jetway_calls_total", code="OK") == 1
    text = gateway.get_admin("/metrics")
    assert "service1" not in text and "alice" not in text and "token1" not in text
