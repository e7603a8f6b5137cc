"""HTTP/2 frames as bytes (RFC 9113 4 and 6). Builders never check what they are asked to build: wrong frames are the point."""

import struct
from enum import IntEnum
from typing import NamedTuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITY_FLAG = 0x20

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(1, 7)


class Code(IntEnum):
    """Error codes (RFC 9113 7)."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


class Frame(NamedTuple):
    """A frame as it was received; the payload is not parsed."""

    type: int
    flags: int
    stream: int
    payload: bytes


def frame(kind, flags=0, stream=0, payload=b"", length=None, reserved=0):
    """Any frame; `length` overrides the honest one."""
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + struct.pack(">BBI", kind, flags, reserved << 31 | stream) + payload


def padded(payload, pad):
    """The payload of a PADDED frame with `pad` zero bytes."""
    return bytes([pad]) + payload + bytes(pad)


def data(stream, payload=b"", end=False, pad=None):
    flags = (END_STREAM if end else 0) | (PADDED if pad is not None else 0)
    return frame(DATA, flags, stream, payload if pad is None else padded(payload, pad))


def priority_fields(dependency=0, weight=16, exclusive=False):
    return struct.pack(">IB", exclusive << 31 | dependency, weight - 1)


def headers(stream, block, end_stream=False, end_headers=True, pad=None, priority=None):
    """`priority` is the five bytes of priority_fields()."""
    flags = (END_STREAM if end_stream else 0) | (END_HEADERS if end_headers else 0)
    payload = block
    if priority is not None:
        flags |= PRIORITY_FLAG
        payload = priority + payload
    if pad is not None:
        flags |= PADDED
        payload = padded(payload, pad)
    return frame(HEADERS, flags, stream, payload)


def continuation(stream, block=b"", end_headers=False):
    return frame(CONTINUATION, END_HEADERS if end_headers else 0, stream, block)


def priority(stream, dependency=0, weight=16, exclusive=False):
    return frame(PRIORITY, 0, stream, priority_fields(dependency, weight, exclusive))


def rst_stream(stream, code=Code.CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def settings(*entries):
    """`entries` are (identifier, value) pairs."""
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", key, value) for key, value in entries))


def settings_ack():
    return frame(SETTINGS, ACK)


def ping(payload=b"jetway!!", ack=False):
    return frame(PING, ACK if ack else 0, 0, payload)


def goaway(last=0, code=Code.NO_ERROR, debug=b""):
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, code) + debug)


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def push_promise(stream, promised, block):
    return frame(PUSH_PROMISE, END_HEADERS, stream, struct.pack(">I", promised) + block)


def without_padding(received):
    """The data of a received DATA or HEADERS frame without its padding."""
    if not received.flags & PADDED:
        return received.payload
    return received.payload[1 : len(received.payload) - received.payload[0]]
