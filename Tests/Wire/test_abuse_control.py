"""T09, T10: floods of control frames, and every frame type there could be."""

import pytest

from harness import frames as f
from harness import grpc
from harness.frames import Code
from harness.process import MIB

FLOODS = {
    "SETTINGS": f.settings(),
    "SETTINGS with entries": f.settings(*[(f.INITIAL_WINDOW_SIZE, 65_535)] * 32),
    "PING": f.ping(),
    "PRIORITY": f.priority(1, 0),
    "an unknown type": f.frame(0x42),
    "an unknown type with a payload": f.frame(0x42, 0, 0, bytes(1_000)),
    "RST_STREAM of a closed stream": f.rst_stream(1),
    "SETTINGS acknowledgements": f.settings_ack(),
    "PING acknowledgements": f.ping(ack=True),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
def test_T09_a_flood_of_control_frames_ends_its_connection_and_queues_nothing(gateway, siege, flood):
    with siege(gateway) as watch, gateway.connect(keep_frames=False) as client:
        assert client.call("ListActions").grpc_status == grpc.OK
        burst = flood * 1_000
        for _ in range(100):  # nothing is read
            if not client.send(burst):
                break
        client.pump(lambda: client.closed, 10)
        assert client.closed, f"100,000 frames and the connection goes on; received {client.counts}"
        if client.goaway:
            assert client.goaway[1] in (Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR), client.goaway
        assert gateway.peak - watch.base < 4 * MIB, f"RSS grew by {(gateway.peak - watch.base) / MIB:.1f} MiB"


def test_T09_pings_at_the_pace_of_data_are_legitimate(gateway):
    with gateway.connect() as client:
        for index in range(50):
            state = client.call("ListActions", wait=False)
            client.send(f.ping(index.to_bytes(8, "big")))
            assert client.pump(lambda: state.done) and state.grpc_status == grpc.OK
        assert client.answers_ping() and not client.goaway, f"bandwidth probes end the connection: {client.goaway}"


def test_T10_every_other_frame_type_is_ignored_on_every_stream(gateway):
    with gateway.connect() as client:
        stream = client.open(grpc.request_headers("ListActions"))
        for kind in range(0x0A, 0x100):
            client.send(f.frame(kind, 0, 0), f.frame(kind, 0xFF, stream, b"payload"), f.frame(kind, 0, 9_999, b"x" * 50))
            client.receive(0)
        altsvc, origin, priority_update = (0x0A, b"\x00\x00h2=\":443\""), (0x0C, b"\x00\x09https://a"), (0x10, b"\x00\x00\x00\x01u=1")
        for kind, payload in (altsvc, origin, priority_update):
            client.send(f.frame(kind, 0, 0, payload))
        client.send(f.data(stream, grpc.message(), end=True))
        assert client.pump(lambda: client.stream(stream).done), f"{client.goaway}"
        assert client.stream(stream).grpc_status == grpc.OK and not client.goaway


def test_T10_headers_of_nothing_but_priority_and_padding_are_refused_without_a_crash(gateway):
    with gateway.connect() as client:
        client.send(f.headers(1, b"", end_stream=True, pad=200, priority=f.priority_fields(0)))
        client.expect_stream_error(1, Code.PROTOCOL_ERROR, connection=(Code.PROTOCOL_ERROR,), statuses=(400,))
    with gateway.connect() as client:
        client.send(f.headers(1, b"", end_stream=True, priority=f.priority_fields(1)))
        client.expect_stream_error(1, Code.PROTOCOL_ERROR, connection=(Code.PROTOCOL_ERROR,), statuses=(400,))
    gateway.assert_alive()
