"""`jetway flights serve`: the flights of a folder, what is said about them, actions, exchanges, TLS and wrong use."""

import base64
import re

import pyarrow as pa
import pyarrow.flight as flight
import pytest

from harness import grpc
from harness.embedded import assert_same, descriptor, get, names, open_flight, put, refusal
from harness.gateway import one_line, refused
from harness.samples import BY_NAME, MAKER, SAMPLES

LISTEN = ["--listen", "127.0.0.1:0"]
each_sample = pytest.mark.parametrize("name", BY_NAME)


def test_the_samples_of_the_command_are_what_their_script_makes():
    source = MAKER["SWIFT"].read_text()
    entries = re.findall(r'\("(\S+)", """\n(.*?)"""\)', source, re.DOTALL)
    assert {path: base64.b64decode(re.sub(r"[\s\\]", "", text)) for path, text in entries} == {
        sample.path: sample.content for sample in SAMPLES
    }


# Data


@each_sample
def test_a_flight_arrives_as_it_was_written(client, name):
    assert_same(get(client, name), BY_NAME[name].table)


def test_dictionary_deltas_and_replacements_arrive_as_such(client):
    reader = open_flight(client, "telemetry")
    reader.read_all()
    assert (reader.stats.num_dictionary_deltas, reader.stats.num_replaced_dictionaries) == (8, 1)
    assert 0 in [batch.num_rows for batch in BY_NAME["telemetry"].batches], "the batch without rows is missing"


@each_sample
def test_every_message_is_sent_byte_by_byte_as_it_lies_in_the_file(sample_server, reach, name):
    with reach(sample_server).connect(keep_frames=False) as raw:
        state = raw.call("DoGet", grpc.ticket(name.encode()))
    assert state.grpc_status == grpc.OK
    place = 0
    for message in state.messages:
        fields = grpc.fields(message)
        header, body = fields[2][0], fields.get(1000, [b""])[0]
        place = BY_NAME[name].content.index(header + body, place) + len(header + body)
    assert len(state.messages) > len(BY_NAME[name].batches)


# What is said about it


@each_sample
@pytest.mark.parametrize("by", ["path", "command"])
def test_flight_info_tells_schema_totals_and_a_ticket_without_location(client, name, by):
    asked = descriptor(name) if by == "path" else flight.FlightDescriptor.for_command(name)
    info, table = client.get_flight_info(asked), BY_NAME[name].table
    assert info.descriptor == asked and info.schema.equals(table.schema, check_metadata=True)
    assert info.total_records == table.num_rows and 0 < info.total_bytes < len(BY_NAME[name].content)
    assert info.ordered and [endpoint.locations for endpoint in info.endpoints] == [[]]
    assert client.do_get(info.endpoints[0].ticket).read_all().equals(table)
    assert client.get_schema(asked).schema.equals(table.schema, check_metadata=True)


@pytest.mark.parametrize("prefix", ["", "s", "sales/", "sales/ord", "telemetry", "telemetry/", "absent"])
def test_flights_are_listed_by_the_beginning_of_their_name(client, prefix):
    assert names(client, prefix) == sorted(name for name in BY_NAME if name.startswith(prefix))


def test_a_listed_flight_is_described_as_when_it_is_asked_for(client):
    for info in client.list_flights():
        assert info.serialize() == client.get_flight_info(info.descriptor).serialize()


def test_criteria_that_are_no_text_are_refused(sample_server):
    with sample_server.connect() as raw:
        assert raw.call("ListFlights", grpc.field(1, b"\xff")).grpc_status == grpc.INVALID_ARGUMENT


# Names

BAD_NAMES = ["", "/", "..", "../secret", "sales/../telemetry", "./telemetry", "sales//orders", "telemetry/", ".hidden"]
BAD_NAMES += ["sales/.orders", "a\0b", "a\nb", "x" * 201, "/".join("a" * 17)]
NO_FLIGHTS = ["absent", "sales", "sales/orders.arrow", "Telemetry", "telemetry/x", "x" * 200, "/".join("a" * 16)]


@pytest.mark.parametrize("method", ["DoGet", "GetFlightInfo", "GetSchema"])
def test_a_name_that_is_none_is_an_invalid_argument_and_one_without_flight_is_not_found(sample_server, reach, method):
    server = reach(sample_server)
    for listed, status in ((BAD_NAMES, grpc.INVALID_ARGUMENT), (NO_FLIGHTS, grpc.NOT_FOUND)):
        for name in listed:
            got, message = refusal(server, name, method)
            assert got == status and message, f"{name!r}: {got} {message}"


@pytest.mark.parametrize("path", [[], [""], ["..", "telemetry"], ["sales/orders"], ["sales", "", "orders"], ["a\0b"]])
def test_a_path_with_a_bad_component_is_an_invalid_argument(client, path):
    with pytest.raises(pa.ArrowInvalid, match="invalid argument"):
        client.get_flight_info(flight.FlightDescriptor.for_path(*path))


def test_no_name_leads_out_of_the_folder(serve, tmp_path, folder):
    (tmp_path / "secret.arrow").write_bytes(BY_NAME["types/all"].content)
    server = serve(folder)
    for name in ("../secret", "sales/../../secret", f"{tmp_path}/secret", f"/{tmp_path}/secret", "..%2fsecret"):
        assert refusal(server, name)[0] in (grpc.INVALID_ARGUMENT, grpc.NOT_FOUND)


# Actions and exchanges


def test_the_actions_are_listed_and_others_unimplemented(client):
    assert [action.type for action in client.list_actions()] == ["status", "drop"]
    with pytest.raises(NotImplementedError, match="no action vacuum"):
        list(client.do_action("vacuum"))


def test_the_status_counts_flights_and_memory(serve, folder):
    (folder / "broken.arrow").write_bytes(b"ARROW1")
    status = serve(folder, "--memory", "2MiB").report()
    problem = status.pop("unreadable")
    assert status == {"flights": len(SAMPLES), "memoryBytes": 0, "memoryLimitBytes": 2 << 20, "writable": False}
    assert len(problem) == 1 and problem[0].startswith("broken.arrow: at offset 6: ")


@each_sample
def test_an_exchange_sends_back_what_comes(client, name):
    batches = BY_NAME[name].batches
    writer, reader = client.do_exchange(flight.FlightDescriptor.for_path("anything"))
    writer.write_metadata(b"before the schema")
    assert reader.read_chunk().app_metadata.to_pybytes() == b"before the schema"
    writer.begin(batches[0].schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True))
    back = []
    for batch in batches:
        writer.write_with_metadata(batch, b"note")
        chunk = reader.read_chunk()
        assert chunk.app_metadata.to_pybytes() == b"note"
        back.append(chunk.data)
    writer.done_writing()
    with pytest.raises(StopIteration):
        reader.read_chunk()
    writer.close()
    assert_same(pa.Table.from_batches(back, reader.schema), BY_NAME[name].table)


# TLS and the command line


def test_flights_are_served_and_taken_over_tls(serve, start, folder, pair, authority):
    server = serve(folder, tls=pair, authority=str(authority.path))
    gateway = start(server, arguments=["--upstream-ca", authority.path])
    root = authority.path.read_bytes()
    for location, options in ((server.location, {"tls_root_certs": root}), (gateway.location, {})):
        with flight.connect(location, **options) as client:
            put(client, "over/tls", BY_NAME["types/all"].batches)
            assert_same(get(client, "over/tls"), BY_NAME["types/all"].table)
    with pytest.raises(pa.ArrowException), flight.connect(server.location.replace("+tls", "")) as client:
        names(client)


@pytest.mark.parametrize(
    "arguments, code, named",
    [
        (["absent", *LISTEN], 1, "absent"),
        ([__file__, *LISTEN], 1, __file__),
        ([".", *LISTEN, "--tls-certificate", "absent.pem", "--tls-key", "absent.key"], 1, "absent.pem"),
        (["."], 2, "listen"),
        (LISTEN, 2, "dir"),
        ([".", *LISTEN, "--memory", "much"], 2, "much"),
        ([".", *LISTEN, "--memory", "9999999999GiB"], 2, "9999999999GiB"),
        ([".", "--listen", "0.0.0.0:0"], 2, "--plaintext"),
        ([".", *LISTEN, "--tls-key", "key.pem"], 2, "certificate"),
        ([".", *LISTEN, "--no-such-flag"], 2, "no-such-flag"),
    ],
)
def test_wrong_use_is_one_clear_line(tmp_path, monkeypatch, arguments, code, named):
    monkeypatch.chdir(tmp_path)
    got, output, errors = refused("flights", "serve", *arguments)
    assert (got, output) == (code, "") and named in one_line(errors)
