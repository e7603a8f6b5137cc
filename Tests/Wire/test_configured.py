"""`jetway serve --config`: what it says and does with a file."""

import json

import pyarrow.flight as flight
import pytest

from harness import grpc
from harness.configured import REFUSAL, basic
from harness.gateway import one_line, refused
from harness.witness import TABLE, Witness

ANONYMOUS = [{"type": "anonymous", "subject": "guest"}]


def test_a_configured_gateway_relays_real_calls(site):
    with Witness() as server:
        gateway = site.configure(server, ANONYMOUS).start()
        with flight.connect(gateway.location) as client:
            assert client.do_get(flight.Ticket(b"t")).read_all() == TABLE
            assert next(client.do_action(("echo", b"x"))).body.to_pybytes() == b"x"
        line = gateway.call_logged(method="/arrow.flight.protocol.FlightService/DoGet")
        assert (line["subject"], line["status"], line["rows-out"]) == ("anonymous:guest", "OK", 3)
