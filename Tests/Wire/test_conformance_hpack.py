"""RFC 7541: representations of header fields that must be understood, and blocks that must be refused."""

import pytest

from harness import frames as f
from harness.frames import Code
from harness.gateway import Gateway
from harness.targets import Cases

cases = Cases()


@pytest.fixture(scope="module")
def shared(flight_server):
    with Gateway(flight_server.location) as gateway:
        yield gateway


def literal(first, name, value):
    """A literal field with a new name; `first` is the representation's first octet."""
    return bytes([first, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def plain(t, pattern=0x00):
    """The target's header block with every field as a literal of one kind."""
    return b"".join(literal(pattern, name, value) for name, value in t.fields())


def ask(c, t, *blocks):
    """One request for each block."""
    for block in blocks:
        stream, c.next_stream = c.next_stream, c.next_stream + 2
        c.send(f.headers(stream, block), f.data(stream, t.body, end=True))
        t.expect_answer(c, stream)


for title, pattern in [("without indexing", 0x00), ("never indexed", 0x10), ("with incremental indexing", 0x40)]:

    @cases.add("6.2", f"literal fields {title} are understood")
    def _(c, t, pattern=pattern):
        ask(c, t, plain(t, pattern), plain(t, pattern))


@cases.add("6.1", "fields of the static table are understood")
def _(c, t):
    rest = b"".join(literal(0x00, name, value) for name, value in t.fields() if name not in (":method", ":scheme"))
    ask(c, t, b"\x83\x86" + rest)


@cases.add("6.2", "names of the static table with other values are understood")
def _(c, t):
    rest = b"".join(literal(0x00, n, v) for n, v in t.fields() if n not in (":path", ":authority"))
    path = bytes([len(t.path)]) + t.path.encode()
    for first, authority in ((b"\x44", b"\x41"), (b"\x04", b"\x01"), (b"\x14", b"\x11")):
        ask(c, t, first + path + authority + b"\x09localhost" + rest)


@cases.add("2.3.2", "fields of the dynamic table are understood, also after evictions")
def _(c, t):
    # 40 entries of about 150 octets each turn the 4 KiB table over; the newest entry is index 62.
    for index in range(40):
        name, value = f"x-{index:03}", "v" * 110
        ask(c, t, plain(t) + literal(0x40, name, value), plain(t) + b"\xbe")


@cases.add("6.3", "table size updates at the beginning of a block are understood")
def _(c, t):
    ask(c, t, b"\x20" + plain(t), b"\x20\x3f\xe1\x1f" + plain(t, 0x40), b"\x3f\x01" + plain(t))


@cases.add("5.2", "Huffman-coded strings are understood")
def _(c, t):
    ask(c, t, c.encoder.encode(t.fields(), huffman=True))


@cases.add("4.2", "HPACK goes on when the client lets the server use a table of 0", settings=((f.HEADER_TABLE_SIZE, 0),))
def _(c, t):
    c.decoder.max_allowed_table_size = 0
    t.works(c)
    t.works(c)


@cases.add("4.2", "a table that shrinks and grows again stays in step")
def _(c, t):
    for size in (0, 4096, 64, 4096):
        c.send(f.settings((f.HEADER_TABLE_SIZE, size)))
        assert c.answers_ping(size.to_bytes(8, "big"))
        c.decoder.max_allowed_table_size = size
        t.works(c)
        t.works(c)


# Refused

LONG_INTEGER = b"\xff" + b"\x80" * 12 + b"\x01"
for section, title, make in [
    ("2.3.3", "an index beyond the tables", lambda t: b"\xc6" + plain(t)),
    ("2.3.3", "the index of an empty dynamic table", lambda t: b"\xbe" + plain(t)),
    ("6.1", "the index 0", lambda t: b"\x80" + plain(t)),
    ("4.2", "a table size update at the end of a block", lambda t: plain(t) + b"\x21"),
    ("6.3", "a table size update above SETTINGS_HEADER_TABLE_SIZE", lambda t: b"\x3f\xe1\xff\x03" + plain(t)),
    ("5.2", "Huffman padding longer than 7 bits", lambda t: plain(t) + b"\x00\x85\xf2\xb2\x4a\x84\xff\x84\x49\x50\x9f\xff"),
    ("5.2", "Huffman padding of zeros", lambda t: plain(t) + b"\x00\x85\xf2\xb2\x4a\x84\xff\x83\x49\x50\x90"),
    ("5.2", "a Huffman string with EOS", lambda t: plain(t) + b"\x00\x85\xf2\xb2\x4a\x84\xff\x87\x49\x51\xff\xff\xff\xfa\x7f"),
    ("5.1", "an integer that overflows", lambda t: LONG_INTEGER + plain(t)),
    ("5.1", "an integer that does not end", lambda t: plain(t) + b"\xff\x80\x80"),
    ("5.2", "a string longer than its block", lambda t: plain(t) + b"\x00\x01a\x7f\xff\x01b"),
    ("5.2", "a string that announces gigabytes", lambda t: plain(t) + b"\x00\x7f\x80\x80\x80\x80\x0f"),
]:

    @cases.add(section, f"{title} is a COMPRESSION_ERROR")
    def _(c, t, make=make):
        c.send(f.headers(1, make(t), end_stream=True))
        c.expect_connection_error(Code.COMPRESSION_ERROR)


@cases.add("4.3", "an empty header block is no request")
def _(c, t):
    c.send(f.headers(1, b"", end_stream=True))
    c.expect_stream_error(1, Code.PROTOCOL_ERROR, connection=(Code.PROTOCOL_ERROR,), statuses=(400,))


@pytest.mark.parametrize("row", cases.rows, ids=cases.ids)
def test_conformance_hpack(shared, row):
    cases.run(shared, row)
