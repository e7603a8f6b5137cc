"""gRPC over HTTP/2 and the few Flight messages that raw-frame tests send, as bytes."""

import struct
import urllib.parse

SERVICE = "/arrow.flight.protocol.FlightService/"
OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = 0, 1, 2, 3, 4, 5
ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL = 6, 7, 8, 12, 13
UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED = 14, 15, 16


def path(method):
    """`DoGet` -> its full path; what begins with a slash stays as it is."""
    return method if method.startswith("/") else SERVICE + method


def request_headers(method="GetFlightInfo", extra=(), scheme="http", authority="localhost"):
    """The header list of a gRPC call, in the order in which gRPC clients send it."""
    return [
        (":method", "POST"),
        (":scheme", scheme),
        (":path", path(method)),
        (":authority", authority),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("user-agent", "wire-tests/1"),
        *extra,
    ]


def literal_block(fields):
    """A header block of literal fields without indexing: it may be sent any number of times, the tables do not change."""

    def string(text):
        raw = text.encode("latin-1")
        return (bytes([len(raw)]) if len(raw) < 127 else b"\x7f" + varint(len(raw) - 127)) + raw

    return b"".join(b"\x00" + string(name) + string(value) for name, value in fields)


def message(payload=b"", compressed=0):
    """A length-prefixed message."""
    return struct.pack(">BI", compressed, len(payload)) + payload


def messages(body):
    """The payloads of all whole messages in `body`, and the bytes that are left over."""
    found, offset = [], 0
    while offset + 5 <= len(body):
        length = struct.unpack_from(">I", body, offset + 1)[0]
        if offset + 5 + length > len(body):
            break
        found.append(bytes(body[offset + 5 : offset + 5 + length]))
        offset += 5 + length
    return found, bytes(body[offset:])


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """A protobuf field: bytes and str as length-delimited, int as varint."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def fields(raw):
    """Field number -> list of values of a protobuf message of varint and length-delimited fields."""
    found, offset = {}, 0

    def number():
        nonlocal offset
        value = shift = 0
        while True:
            byte = raw[offset]
            offset += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    while offset < len(raw):
        key = number()
        if key & 7 == 0:
            value = number()
        elif key & 7 == 2:
            length = number()
            value = raw[offset : offset + length]
            offset += length
        else:
            raise ValueError(f"wire type {key & 7} is not read here")
        found.setdefault(key >> 3, []).append(value)
    return found


def any_message(name, raw):
    """google.protobuf.Any of a Flight SQL message."""
    return field(1, "type.googleapis.com/arrow.flight.protocol.sql." + name) + field(2, raw)


def ticket(raw):
    return field(1, raw)


def action(kind, body=b""):
    return field(1, kind) + (field(2, body) if body else b"")


def command(raw):
    """FlightDescriptor of type CMD."""
    return field(1, 2) + field(2, raw)


def flight_data(body=b"", header=b"", metadata=b"", descriptor=b""):
    """FlightData; the body is field 1000."""
    parts = [(1, descriptor), (2, header), (3, metadata), (1000, body)]
    return b"".join(field(number, value) for number, value in parts if value)


def percent_decoded(text):
    """`grpc-message` as its reader sees it."""
    return urllib.parse.unquote(text)


def message_of(state):
    """The text that came with a stream's gRPC status."""
    return percent_decoded(state.trailers.get("grpc-message", ""))
