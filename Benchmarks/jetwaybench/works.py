"""Everything that is measured, in the order of the report."""

from __future__ import annotations

from .calls import AddedCalls, Calls, ConcurrentCalls, SetUps
from .resting import Idle, Stalled, Start
from .transfers import Exchange, Get, Put, Served, ShortGet, Threads
from .work import Work

_IN_FLIGHT = "128 calls in flight (4 connections x 32)"

WORKS: dict[str, Work] = {
    work.name: work
    for work in (
        Get("doget", "DoGet, plaintext"),
        Put("doput", "DoPut, plaintext"),
        Exchange("doexchange", "DoExchange, plaintext"),
        Get("tls-doget", "DoGet, TLS 1.3 in front", tls=True),
        Put("tls-doput", "DoPut, TLS 1.3 in front", tls=True),
        Exchange("tls-doexchange", "DoExchange, TLS 1.3 in front", tls=True),
        ShortGet(),
        Calls("calls1", "GetFlightInfo, 1 call in flight"),
        ConcurrentCalls("calls128", f"GetFlightInfo, {_IN_FLIGHT}"),
        Calls("tls-calls1", "GetFlightInfo, 1 call in flight, TLS 1.3 in front", tls=True),
        ConcurrentCalls("tls-calls128", f"GetFlightInfo, {_IN_FLIGHT}, TLS 1.3 in front", tls=True),
        AddedCalls("added", f"What authentication and stages add to GetFlightInfo, {_IN_FLIGHT}"),
        SetUps("tls-connect", "Connections with TLS 1.3: dial, handshake, one call, close", tls=True),
        Stalled(),
        Idle("idle", "1,000 idle connections, plaintext"),
        Idle("tls-idle", "1,000 idle connections, TLS 1.3", tls=True),
        Start(),
        Served(),
        Threads("threads2", "DoGet over 8 connections, one worker and two"),
    )
}
QUICK_WORKS = (
    "doget",
    "doput",
    "doexchange",
    "tls-doget",
    "tls-doput",
    "calls1",
    "calls128",
    "added",
    "tls-connect",
    "stalled",
    "idle",
    "start",
    "flights",
    "threads2",
)
