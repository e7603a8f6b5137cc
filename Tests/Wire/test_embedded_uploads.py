"""`jetway flights serve` takes uploads: whole and at once or not at all, in memory up to a limit, or as files."""

import sys

import pyarrow as pa
import pyarrow.flight as flight
import pytest

from harness import frames as f
from harness import grpc
from harness.embedded import assert_same, descriptor, get, names, open_flight, put, refusal
from harness.gateway import until
from harness.process import Child
from harness.samples import BY_NAME

TELEMETRY, TYPES, ORDERS = BY_NAME["telemetry"], BY_NAME["types/all"], BY_NAME["sales/orders"]
NUMBERS = pa.record_batch({"n": pa.array(range(8_192))})  # 64 KiB
IN_MEMORY, IN_THE_FOLDER = (), ("--writable",)
both_ways = pytest.mark.parametrize("storage", [IN_MEMORY, IN_THE_FOLDER], ids=["in memory", "in the folder"])


def messages(*batches, schema=None):
    """A schema message and those of batches, as (head, body) without encapsulation."""
    for raw in [(schema or batches[0].schema).serialize(), *(batch.serialize() for batch in batches)]:
        raw = raw.to_pybytes()
        end = 8 + int.from_bytes(raw[4:8], "little")
        yield raw[8:end], raw[end:]


SCHEMA, BATCH = messages(NUMBERS)


def data(message, name=None, note=b""):
    """FlightData with a message; the first of a call needs the flight's name."""
    head, body = message
    return grpc.flight_data(body, head, note, grpc.command(name.encode()) if name else b"")


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# What was put can be got


@both_ways
@pytest.mark.parametrize("name", BY_NAME)
def test_an_upload_can_be_got_as_it_was_put_and_each_batch_is_answered(serve, dial, tmp_path, storage, name):
    sample = BY_NAME[name]
    client = dial(serve(tmp_path, *storage))
    for compression in (None, "lz4", "zstd"):
        options = pa.ipc.IpcWriteOptions(compression=compression, emit_dictionary_deltas=True)
        answers = put(client, f"put/{name}", sample.batches, options)
        assert answers == [b"note %d" % number for number in range(len(sample.batches))]
        assert_same(get(client, f"put/{name}"), sample.table)
        assert client.get_flight_info(descriptor(f"put/{name}")).total_records == sample.table.num_rows
        assert names(client) == [f"put/{name}"]


@both_ways
def test_dictionary_deltas_and_replacements_stay_such(serve, dial, tmp_path, storage):
    client = dial(serve(tmp_path, *storage))
    put(client, "t", TELEMETRY.batches, pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True))
    reader = open_flight(client, "t")
    reader.read_all()
    assert (reader.stats.num_dictionary_deltas, reader.stats.num_replaced_dictionaries) == (8, 1)


@both_ways
def test_an_upload_replaces_the_flight_and_whoever_reads_the_old_one_keeps_it(serve, dial, tmp_path, storage):
    client = dial(serve(tmp_path, *storage))
    old, new = [pa.record_batch({"n": pa.array(range(1 << 17))})] * 40, TYPES.batches  # 40 MiB: more than windows take
    put(client, "twice", old)
    reader = open_flight(client, "twice")
    reader.read_chunk()
    put(client, "twice", new)
    assert_same(get(client, "twice"), TYPES.table)
    assert sum(chunk.data.equals(old[0]) for chunk in reader) == len(old) - 1


@both_ways
def test_a_flight_without_batches_can_be_put_and_got(serve, dial, tmp_path, storage):
    client = dial(serve(tmp_path, *storage))
    writer, _ = client.do_put(descriptor("none"), TYPES.table.schema)
    writer.close()
    assert get(client, "none").equals(pa.Table.from_batches([], TYPES.table.schema), check_metadata=True)


def test_a_client_that_waits_for_the_answer_to_each_of_many_batches_is_served(serve, dial, tmp_path):
    """gRPC clients send up to four WINDOW_UPDATEs for one small answer: two for its prefix, two for its content."""
    client = dial(serve(tmp_path))
    assert len(put(client, "many", [NUMBERS] * 1_500)) == 1_500
    assert get(client, "many").num_rows == 1_500 * NUMBERS.num_rows


@both_ways
def test_what_was_put_can_be_dropped_once(serve, dial, tmp_path, storage):
    server = serve(tmp_path, *storage)
    client = dial(server)
    put(client, "some/flight", TYPES.batches)
    list(client.do_action(("drop", b"some/flight")))
    assert refusal(server, "some/flight")[0] == grpc.NOT_FOUND and names(client) == [] == files(tmp_path)
    assert server.report()["memoryBytes"] == 0
    with pytest.raises(KeyError):
        list(client.do_action(("drop", b"some/flight")))


# In memory


def test_files_of_a_folder_that_is_not_writable_cannot_be_replaced_or_dropped(serve, dial, folder):
    server, before = serve(folder), files(folder)
    client = dial(server)
    with server.connect() as raw:
        assert raw.call("DoPut", data(SCHEMA, "telemetry")).grpc_status == grpc.ALREADY_EXISTS
        assert raw.call("DoAction", grpc.action("drop", b"telemetry")).grpc_status == grpc.PERMISSION_DENIED
    put(client, "sales/more", TYPES.batches)
    assert files(folder) == before and names(client) == sorted([*BY_NAME, "sales/more"])
    assert_same(get(client, "telemetry"), TELEMETRY.table)


def test_uploads_beyond_the_memory_limit_are_refused_and_give_back_what_they_held(serve, dial, tmp_path):
    server = serve(tmp_path, "--memory", "1MiB")
    client = dial(server)
    put(client, "small", [NUMBERS] * 10)
    held = server.report()["memoryBytes"]
    assert 10 * NUMBERS.nbytes < held < 11 * NUMBERS.nbytes
    for name in ("large", "small"):
        for _ in range(3):
            with pytest.raises(pa.ArrowInvalid, match="resource exhausted.*memory for flights"):
                put(client, name, [NUMBERS] * 20)
        assert server.report()["memoryBytes"] == held
    assert names(client) == ["small"] and get(client, "small").num_rows == 10 * NUMBERS.num_rows
    list(client.do_action(("drop", b"small")))
    put(client, "large", [NUMBERS] * 15)
    assert names(client) == ["large"]


# In the folder


def test_an_upload_is_a_hidden_file_until_it_is_complete_and_then_one_in_stream_format(serve, dial, folder):
    server, before = serve(folder, "--writable"), files(folder)
    client = dial(server)
    writer, replies = client.do_put(descriptor("new/below/flight"), TYPES.table.schema)
    for batch in TYPES.batches:
        writer.write_with_metadata(batch, b"written?")
        replies.read()
    (extra,) = set(files(folder)) - set(before)
    assert extra.startswith("new/below/.flight.") and extra.endswith(".partial")
    assert refusal(server, "new/below/flight")[0] == grpc.NOT_FOUND and names(client) == sorted(BY_NAME)
    writer.close()
    assert files(folder) == sorted([*before, "new/below/flight.arrows"])
    with pa.ipc.open_stream((folder / "new/below/flight.arrows").read_bytes()) as reader:
        assert_same(reader.read_all(), TYPES.table)


def test_an_upload_replaces_a_file_of_either_format(serve, dial, folder):
    client = dial(serve(folder, "--writable"))
    for name in ("telemetry", "sales/orders"):
        put(client, name, TYPES.batches)
        assert_same(get(client, name), TYPES.table)
    assert not {"telemetry.arrow", "sales/orders.arrow"} & set(files(folder)) and names(client) == sorted(BY_NAME)


def test_a_flight_survives_the_server(serve, dial, tmp_path):
    put(dial(serve(tmp_path, "--writable")), "kept", TYPES.batches)
    assert_same(get(dial(serve(tmp_path)), "kept"), TYPES.table)


def test_a_file_in_the_way_of_a_folder_and_a_folder_in_the_way_of_a_file_change_nothing(serve, dial, folder):
    (folder / "taken.arrow").mkdir()
    (folder / "blocked.arrows").mkdir()
    client = dial(serve(folder, "--writable"))
    before = files(folder)
    for name in ("telemetry.arrows/below", "blocked"):
        with pytest.raises(pa.ArrowException):
            put(client, name, TYPES.batches)
        assert files(folder) == before
    put(client, "taken", TYPES.batches)  # a folder of that name is none of the flight's files
    assert_same(get(client, "taken"), TYPES.table)


# Uploads that do not end


def begun(raw, name, **options):
    """An upload of which two batches have arrived and no end."""
    sent = [data(SCHEMA, name), data(BATCH, note=b"1"), data(BATCH, note=b"2")]
    state = raw.call("DoPut", *sent, wait=False, end=False, **options)
    assert raw.pump(lambda: len(state.messages) == 2), f"{state}"
    return state


ENDS = {
    "is cancelled": lambda raw, state: raw.cancel(state.id),
    "loses its connection": lambda raw, state: raw.close(),
    "gets a TCP reset": lambda raw, state: raw.abort(),
    "ends inside a message": lambda raw, state: raw.send(f.data(state.id, grpc.message(data(BATCH))[:99], end=True)),
    "goes on with what is no message": lambda raw, state: raw.send(f.data(state.id, grpc.message(data((b"?", b""))))),
}


@both_ways
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_of_an_upload_that_is_cut_nothing_is_left_and_the_old_flight_is_served(serve, reach, tmp_path, storage, end):
    server = serve(tmp_path, *storage)
    listener = reach(server)
    with flight.connect(listener.location) as client:
        put(client, "old", TYPES.batches)
        held, before = server.report()["memoryBytes"], files(tmp_path)
        for name in ("old", "new"):
            with listener.connect() as raw:
                state = begun(raw, name)
                assert server.report()["memoryBytes"] > held or len(files(tmp_path)) > len(before)
                end(raw, state)
                assert until(lambda: server.report()["memoryBytes"] == held and files(tmp_path) == before)
        assert names(client) == ["old"]
        assert_same(get(client, "old"), TYPES.table)


@both_ways
def test_of_an_upload_that_passes_its_deadline_nothing_is_left(serve, reach, tmp_path, storage):
    server = serve(tmp_path, *storage)
    with reach(server).connect() as raw:
        state = begun(raw, "late", headers=[("grpc-timeout", "700m")])
        assert raw.pump(lambda: state.done) and state.grpc_status == grpc.DEADLINE_EXCEEDED, f"{state}"
    assert until(lambda: server.report()["memoryBytes"] == 0 and not files(tmp_path))


@both_ways
def test_of_an_upload_whose_client_is_killed_nothing_is_left(serve, reach, tmp_path, storage):
    server = serve(tmp_path, *storage)
    program = (
        "import sys, pyarrow as pa, pyarrow.flight as flight\n"
        "batch = pa.record_batch({'n': pa.array(range(8192))})\n"
        "client = flight.connect(sys.argv[1])\n"
        "writer, replies = client.do_put(flight.FlightDescriptor.for_path('new'), batch.schema)\n"
        "for _ in range(50): writer.write_with_metadata(batch, b'arrived?'); replies.read()\n"
        "print('ready', flush=True); sys.stdin.read()\n"
    )
    with Child([sys.executable, "-c", program, reach(server).location], ready="ready") as child:
        assert server.report()["memoryBytes"] > 0 or files(tmp_path)
        child.kill()
        assert until(lambda: server.report()["memoryBytes"] == 0 and not files(tmp_path))
    assert server.report()["flights"] == 0


# Uploads that are none


@both_ways
def test_what_is_no_upload_is_an_invalid_argument_and_leaves_nothing(serve, reach, tmp_path, storage):
    (tmp_path / "flights").mkdir()
    server = serve(tmp_path / "flights", *storage)
    (head, body), start = BATCH, data(SCHEMA, "x")
    with reach(server).connect() as raw:
        for what, sent in {
            "nothing at all": [b""],
            "no descriptor": [data(SCHEMA)],
            "no schema": [grpc.flight_data(descriptor=grpc.command(b"x"))],
            "a batch before the schema": [data(BATCH, "x"), data(SCHEMA)],
            "a second schema": [start, data(BATCH), data(SCHEMA)],
            "a body that is cut": [start, data((head, body[:-8]))],
            "a body that is too long": [start, data((head, body + bytes(8)))],
            "a head that is none": [start, data((b"\xff" * 64, b""))],
            "FlightData that is none": [start, b"\xff\xff\xff"],
            "a name outside": [data(SCHEMA, "../x"), data(BATCH)],
            "a hidden name": [data(SCHEMA, ".x"), data(BATCH)],
            "an empty name": [grpc.flight_data(descriptor=grpc.command(b""), header=SCHEMA[0])],
        }.items():
            state = raw.call("DoPut", *sent)
            assert state.grpc_status == grpc.INVALID_ARGUMENT and state.trailers["grpc-message"], f"{what}: {state}"
        assert raw.answers_ping()
    assert server.report()["flights"] == 0 == server.report()["memoryBytes"] and files(tmp_path) == []


def test_what_is_taken_as_an_upload_can_be_served(serve, folder, tmp_path):
    """Whatever octet of a schema or of a batch's head is damaged."""
    in_memory, in_the_folder = serve(tmp_path), serve(folder, "--writable")
    with in_memory.connect(keep_frames=False) as memory, in_the_folder.connect(keep_frames=False) as written:
        for part, message in enumerate((SCHEMA, BATCH)):
            for place in range(len(message[0])):
                sent = [SCHEMA, BATCH]
                sent[part] = message[0][:place] + b"\xff" + message[0][place + 1 :], message[1]
                states = [raw.call("DoPut", data(sent[0], "x"), data(sent[1])) for raw in (memory, written)]
                status, other = (state.grpc_status for state in states)
                assert status == other and status in (grpc.OK, grpc.INVALID_ARGUMENT), f"{part} {place}: {states}"
                if status == grpc.OK:
                    state = written.call("DoGet", grpc.ticket(b"x"))
                    assert state.grpc_status == grpc.OK, f"octet {place} of message {part}: {state.trailers}"
