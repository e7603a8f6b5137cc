"""A real pyarrow Flight server in this process that notes who calls it, with what header fields, and judges them."""

import json
import threading

import pyarrow as pa
import pyarrow.flight as flight

from .flightservice import any_bytes, any_value

TABLE = pa.table({"n": [1, 2, 3]})


class Notes(flight.ServerMiddlewareFactory):
    """Notes every call's fields; `judge` may refuse it, or give fields for the answer."""

    def __init__(self, judge=None, answers=None):
        self.judge, self.answers = judge, answers or {}
        self.calls = []
        self.lock = threading.Lock()

    def start_call(self, info, headers):
        fields = {name.lower(): list(values) for name, values in headers.items()}
        with self.lock:
            self.calls.append((info.method.name, fields))
        answers = (self.judge(info, fields) if self.judge else None) or self.answers
        return Answers(answers) if answers else None


class Answers(flight.ServerMiddleware):
    def __init__(self, fields):
        self.fields = fields

    def sending_headers(self):
        return self.fields


class NoLogin(flight.ServerAuthHandler):
    """Handshakes are answered by middleware alone."""

    def authenticate(self, outgoing, incoming):
        pass

    def is_valid(self, token):
        return ""


class PayloadLogin(flight.ServerAuthHandler):
    """A handshake with BasicAuth in its payload; tokens can be made void."""

    def __init__(self, **accounts):
        super().__init__()
        self.accounts, self.valid, self.logins, self.asked = accounts, set(), 0, []
        self.lock = threading.Lock()

    def authenticate(self, outgoing, incoming):
        account = flight.BasicAuth.deserialize(incoming.read())
        name, password = account.username.decode(), account.password.decode()
        with self.lock:
            if self.accounts.get(name) != password:
                raise flight.FlightUnauthenticatedError("unknown account")
            self.logins += 1
            token = f"payload-token-{self.logins}"
            self.valid.add(token.encode())
        outgoing.write(token.encode())

    def is_valid(self, token):
        with self.lock:
            self.asked.append(token)
            if token not in self.valid:
                raise flight.FlightUnauthenticatedError("unknown token")
        return b"service"

    def void(self):
        """No token is good any more."""
        with self.lock:
            self.valid.clear()


class Witness(flight.FlightServerBase):
    """`with Witness() as server:`; `server.calls` are (method, fields by name) in their order."""

    def __init__(self, location="grpc://127.0.0.1:0", judge=None, answers=None, auth_handler=None, pair=None, authority=None):
        self.notes = Notes(judge, answers)
        options = {}
        if pair:
            location = location.replace("grpc://", "grpc+tls://")
            options["tls_certificates"] = [flight.CertKeyPair(pair.certificate.read_bytes(), pair.key.read_bytes())]
        if authority:
            options |= {"verify_client": True, "root_certificates": authority.path.read_bytes()}
        super().__init__(location, auth_handler=auth_handler, middleware={"notes": self.notes}, **options)
        self.location = location.replace(":0", f":{self.port}") if location.endswith(":0") else location
        self.peers = []

    @property
    def calls(self):
        return self.notes.calls

    def last(self, method=None):
        """The fields of the last call (of a method)."""
        return [fields for name, fields in self.calls if method in (None, name)][-1]

    def note(self, context):
        self.peers.append(context.peer_identity())

    def list_actions(self, context):
        self.note(context)
        return [("echo", "the body again")]

    def list_flights(self, context, criteria):
        self.note(context)
        return iter(())

    def do_action(self, context, action):
        self.note(context)
        if action.type == "fields":
            yield json.dumps({k: [str(v) for v in values] for k, values in self.last("DO_ACTION").items()}).encode()
        elif action.type == "echo":
            yield action.body
        else:
            raise NotImplementedError(action.type)

    def get_flight_info(self, context, descriptor):
        self.note(context)
        sql = any_value(descriptor.command or b"")
        if sql and sql[0] != "CommandStatementQuery":
            raise NotImplementedError(sql[0])
        ticket = any_bytes("TicketStatementQuery", b"\x0a\x01q") if sql else b"t"
        return flight.FlightInfo(TABLE.schema, descriptor, [flight.FlightEndpoint(ticket, [])], 3, -1)

    def get_schema(self, context, descriptor):
        self.note(context)
        return flight.SchemaResult(TABLE.schema)

    def do_get(self, context, ticket):
        self.note(context)
        return flight.RecordBatchStream(TABLE)

    def do_put(self, context, descriptor, reader, writer):
        self.note(context)
        reader.read_all()


def void(*_):
    """A judge that has nothing against anybody."""
