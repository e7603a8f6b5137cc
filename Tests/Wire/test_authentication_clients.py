"""How Flight clients log in at a configured gateway: pyarrow, ADBC, and the forms that only other drivers use."""

import adbc_driver_flightsql
import adbc_driver_flightsql.dbapi
import adbc_driver_manager
import pyarrow.flight as flight
import pytest

from harness import frames as f
from harness import grpc
from harness.callers import PASSWORD, Callers
from harness.configured import REFUSAL, basic, binary
from harness.witness import TABLE, Witness

METHOD = "/arrow.flight.protocol.FlightService/"
EMPTY_PAYLOAD = b""


@pytest.fixture
def server():
    with Witness() as witness:
        yield witness


@pytest.fixture
def callers(site):
    return Callers(site)


@pytest.fixture
def gateway(callers, server):
    return callers.start(server)


@pytest.fixture
def raw(gateway):
    with gateway.connect() as client:
        yield client


class Account(flight.ClientAuthHandler):
    """BasicAuth in the payload of a handshake."""

    def __init__(self, user, password):
        super().__init__()
        self.account, self.token = flight.BasicAuth(user, password), None

    def authenticate(self, outgoing, incoming):
        outgoing.write(self.account.serialize())
        self.token = incoming.read()

    def get_token(self):
        return self.token


class Fields(flight.ClientMiddlewareFactory):
    """Sends fields with every call, and notes those of every answer."""

    def __init__(self, **fields):
        self.fields, self.received = {name.replace("_", "-"): value for name, value in fields.items()}, []

    def start_call(self, info):
        return Field(self)


class Field(flight.ClientMiddleware):
    def __init__(self, factory):
        self.factory = factory

    def sending_headers(self):
        return self.factory.fields

    def received_headers(self, headers):
        self.factory.received.append({name.lower(): list(values) for name, values in headers.items()})


def bearer(state_or_pairs):
    values = [value for name, value in state_or_pairs if name == "authorization"]
    assert len(values) == 1 and values[0].startswith("Bearer "), values
    return values[0].removeprefix("Bearer ")


def assert_refused(client):
    with pytest.raises(flight.FlightUnauthenticatedError, match=REFUSAL):
        client.do_get(flight.Ticket(b"t")).read_all()


# pyarrow


def test_pyarrow_authenticates_once_and_its_token_goes_with_every_later_call(gateway, server, callers):
    handler = Account("alice", PASSWORD)
    with flight.connect(gateway.location) as client:
        assert_refused(client)
        client.authenticate(handler)
        callers.site.secret(handler.token.decode())
        assert handler.token.startswith(b"jwy_")
        assert client.do_get(flight.Ticket(b"t")).read_all() == TABLE
        assert next(client.do_action(("echo", b"x"))).body.to_pybytes() == b"x"
        list(client.list_flights())
    assert {name for name, _ in server.calls} == {"DO_GET", "DO_ACTION", "LIST_FLIGHTS"}, "the handshake ends at the gateway"
    assert gateway.call_logged(method=METHOD + "ListFlights")["subject"] == "basic:alice"


def test_pyarrow_with_a_wrong_password_is_refused(gateway, server, callers):
    for account in (Account("alice", callers.site.secret("wrong word")), Account("nobody", PASSWORD)):
        with flight.connect(gateway.location) as client:
            with pytest.raises(flight.FlightUnauthenticatedError, match=REFUSAL):
                client.authenticate(account)
    assert not server.calls


def test_pyarrow_gets_a_bearer_for_a_basic_handshake(gateway, server, callers):
    with flight.connect(gateway.location) as client:
        name, value = client.authenticate_basic_token("alice", PASSWORD)
        assert name == b"authorization" and value.startswith(b"Bearer jwy_")
        callers.site.secret(value.decode().removeprefix("Bearer "))
        options = flight.FlightCallOptions(headers=[(name, value)])
        assert client.do_get(flight.Ticket(b"t"), options).read_all() == TABLE
        with pytest.raises(flight.FlightUnauthenticatedError, match=REFUSAL):
            client.authenticate_basic_token("alice", "no")
    assert gateway.call_logged(method=METHOD + "DoGet")["subject"] == "basic:alice"


def test_a_password_with_any_call_brings_a_bearer_in_that_answer(gateway, server, callers):
    fields = Fields(authorization=basic("alice", PASSWORD))
    with flight.connect(gateway.location, middleware=[fields]) as client:
        list(client.list_flights())
        token = fields.received[-1]["authorization"][0]
        assert token.startswith("Bearer jwy_")
        callers.site.secret(token.removeprefix("Bearer "))
        fields.fields = {"authorization": token}
        fields.received.clear()
        assert client.do_get(flight.Ticket(b"t")).read_all() == TABLE
        assert not any("authorization" in answer for answer in fields.received), "a token is not given anew each time"


def test_pyarrow_with_each_kind_of_credential_on_any_call(gateway, server, callers):
    for kind, (pairs, subject) in callers.credentials().items():
        if any(name.endswith("-bin") for name, _ in pairs):
            continue  # these are sent by handlers only; see below
        options = flight.FlightCallOptions(headers=[(n.encode(), v.encode()) for n, v in pairs])
        with flight.connect(gateway.location) as client:
            assert client.do_get(flight.Ticket(b"t"), options).read_all() == TABLE, kind
            list(client.list_actions(options))
        assert gateway.call_logged(method=METHOD + "ListActions", subject=subject), kind
        assert {"authorization", "auth-token-bin", "x-api-key"}.isdisjoint(server.last()), kind


# ADBC


def query(gateway, **options):
    options = {getattr(adbc_driver_flightsql.DatabaseOptions, name, name): value for name, value in options.items()}
    named = {getattr(name, "value", name): value for name, value in options.items()}
    with adbc_driver_flightsql.dbapi.connect(gateway.location, db_kwargs=named, autocommit=True) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetch_arrow_table()


def test_adbc_with_name_and_password(gateway, server, callers):
    assert query(gateway, username="alice", password=PASSWORD) == TABLE
    assert gateway.call_logged(method=METHOD + "DoGet")["subject"] == "basic:alice"
    with pytest.raises(adbc_driver_manager.Error, match=REFUSAL):
        query(gateway, username="alice", password="wrong")


@pytest.mark.parametrize("kind", ["password", "token", "JWT", "API key as a bearer"])
def test_adbc_with_an_authorization_header(gateway, server, callers, kind):
    pairs, subject = callers.credentials()[kind]
    assert query(gateway, AUTHORIZATION_HEADER=pairs[0][1]) == TABLE
    assert gateway.call_logged(method=METHOD + "DoGet")["subject"] == subject
    with pytest.raises(adbc_driver_manager.Error, match=REFUSAL):
        query(gateway, AUTHORIZATION_HEADER="Bearer wrong")


def test_adbc_with_an_api_key_in_a_field_of_its_own(gateway, server, callers):
    assert query(gateway, **{"adbc.flight.sql.rpc.call_header.x-api-key": callers.api_key}) == TABLE
    assert gateway.call_logged(method=METHOD + "DoGet")["subject"] == "apiKey:nightly"


# Handshakes that clients of other languages send


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("end", ["with HEADERS", "with DATA"])
def test_a_basic_handshake_without_a_message_gets_a_bearer_in_header_and_trailer(raw, callers, padded, end):
    fields = grpc.request_headers("Handshake", [("authorization", basic("alice", PASSWORD, padded))])
    stream = raw.open(fields, end=end == "with HEADERS")
    if end == "with DATA":
        raw.send(f.data(stream, b"", end=True))
    state = raw.stream(stream)
    assert raw.pump(lambda: state.done) and state.grpc_status == grpc.OK
    assert not state.messages and len(state.blocks) == 2
    token = bearer(state.blocks[0])
    assert token == bearer(state.blocks[1]) and token.startswith("jwy_")
    callers.site.secret(token)


def test_the_bearer_comes_before_the_request_has_ended(raw, callers):
    """arrow-go waits for the header before it reads; a client may half-close late."""
    stream = raw.open(grpc.request_headers("Handshake", [("authorization", basic("alice", PASSWORD))]))
    state = raw.stream(stream)
    assert raw.pump(lambda: state.blocks), "no headers while the request is open"
    callers.site.secret(bearer(state.blocks[0]))
    raw.send(f.data(stream, b"", end=True))
    assert raw.pump(lambda: state.done) and state.grpc_status == grpc.OK


def test_a_payload_handshake_gets_a_token_in_its_payload(raw, server, callers):
    payload = grpc.field(2, "alice") + grpc.field(3, PASSWORD)
    state = raw.call("Handshake", grpc.field(2, payload))
    assert state.grpc_status == grpc.OK and len(state.messages) == 1
    token = callers.site.secret(grpc.fields(state.messages[0])[2][0].decode())
    state = raw.call("ListActions", headers=[("auth-token-bin", binary(token))])
    assert state.grpc_status == grpc.OK
    # Never sent on, though it was not the authorization field.
    assert "auth-token-bin" not in server.last()


@pytest.mark.parametrize("kind", ["token", "JWT", "API key as a bearer"])
def test_the_token_mode_of_odbc(raw, server, callers, kind):
    """A bearer and one empty payload; then an empty auth-token-bin with every call (flight-facts.md 2.5)."""
    pairs, subject = callers.credentials()[kind]
    state = raw.call("Handshake", EMPTY_PAYLOAD, headers=pairs)
    assert state.grpc_status == grpc.OK, state
    assert len(state.messages) == 1
    for field in grpc.fields(state.messages[0]).get(2, []):
        if field:
            callers.site.secret(field.decode())
    assert raw.call("ListActions", headers=[*pairs, ("auth-token-bin", "")]).grpc_status == grpc.OK
    assert not any(name == "HANDSHAKE" for name, _ in server.calls)


@pytest.mark.parametrize("method", ["ListActions", "DoGet", "GetFlightInfo", "DoPut", "DoExchange", "ListFlights", "GetSchema", "DoAction"])
def test_a_credential_of_each_kind_is_taken_on_each_call(gateway, upstream, callers, method):
    scripted = upstream()
    gateway = callers.start(scripted)
    with gateway.connect() as client:
        for kind, (pairs, subject) in callers.credentials().items():
            state = client.call(method, headers=pairs)
            assert state.grpc_status == grpc.OK, f"{kind}: {state}"
            sent = dict(scripted.requests[-1].blocks[0])
            assert not {"authorization", "auth-token-bin", "x-api-key", "x-jetway-authorization"} & set(sent), f"{kind}: {sent}"
            earns = kind.startswith("password")
            values = [value for name, value in state.blocks[0] if name == "authorization"]
            assert bool(values) == earns, f"{kind}: {values}"
            for value in values:
                callers.site.secret(value.removeprefix("Bearer "))
    assert gateway.call_logged(method=METHOD + method, subject="apiKey:nightly")["status"] == "OK"


def test_the_first_method_that_knows_a_credential_decides(sites, server):
    """A wrong password is not tried as an anonymous call, and two files of users are asked in their order."""
    site = sites()
    site.users("first", alice="alice's first word")
    site.users("second", alice="alice's second word", bob="bob's own word")
    site.configure(server, [
        {"type": "basic", "name": "a", "users": "first"}, {"type": "basic", "name": "b", "users": "second"},
        {"type": "anonymous", "subject": "guest"},
    ])
    gateway = site.start()
    with gateway.connect() as client:
        def subject(pairs):
            state = client.call("ListActions", headers=pairs)
            for name, value in state.blocks[0]:
                if name == "authorization":
                    site.secret(value.removeprefix("Bearer "))
            return state.grpc_status

        assert subject([("authorization", basic("alice", "alice's first word"))]) == grpc.OK
        assert gateway.call_logged(subject="basic:a:alice")
        assert subject([]) == grpc.OK
        assert gateway.call_logged(subject="anonymous:guest")
        assert subject([("authorization", basic("alice", "alice's second word"))]) == grpc.UNAUTHENTICATED
        assert subject([("authorization", basic("bob", "nonsense"))]) == grpc.UNAUTHENTICATED
        assert subject([("authorization", "Bearer nonsense")]) == grpc.UNAUTHENTICATED
        assert subject([("authorization", "Negotiate abc")]) == grpc.UNAUTHENTICATED
