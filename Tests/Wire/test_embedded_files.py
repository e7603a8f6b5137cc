"""`jetway flights serve` over files that are cut, damaged or none, and a folder that changes while it is served."""

import os
import random
import shutil
import socket

import pyarrow as pa
import pyarrow.parquet
import pytest

from harness import grpc
from harness.embedded import assert_same, descriptor, get, names, refusal
from harness.samples import BY_NAME, SAMPLES, write_samples

GOOD = sorted(BY_NAME)
# Root may read everything; this takes that right away.
UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
TELEMETRY, TYPES = BY_NAME["telemetry"], BY_NAME["types/all"]


def message_places(sample):
    """(offset, bytes of prefix and metadata, bytes of body) of each message of a sample's file."""
    content, offset = sample.content, 8 if sample.path.endswith(".arrow") else 0
    while length := int.from_bytes(content[offset + 4 : offset + 8], "little"):
        message = pa.ipc.read_message(pa.py_buffer(content)[offset:])
        body = message.body.size if message.body else 0
        yield offset, 8 + length, body
        offset += 8 + length + body


def cuts(sample):
    """Places of every kind: around each message's start, inside prefix, metadata and body, and all over the tail."""
    places = {*range(20), *range(len(sample.content) - 100, len(sample.content))}
    for offset, head, body in message_places(sample):
        places |= {offset, offset + 1, offset + 4, offset + 8, offset + head // 2, offset + head - 1, offset + head}
        places |= {offset + head + body // 2, offset + head + max(body, 1) - 1}
    return sorted(place for place in places if place < len(sample.content))


def statuses(server, asked):
    """Name -> (gRPC status, message) of a DoGet for each of the names, on one connection."""
    with server.connect(keep_frames=False, keep_bodies=False) as raw:
        states = {name: raw.call("DoGet", grpc.ticket(name.encode())) for name in asked}
    return {name: (state.grpc_status, grpc.message_of(state)) for name, state in states.items()}


def is_data_loss(status, message, file):
    return status == grpc.DATA_LOSS and message.startswith(f"{file}: at offset ")


def assert_still_serves(server, client):
    server.assert_alive()
    assert [name for name in names(client) if name in BY_NAME] == GOOD
    for name in GOOD:
        assert_same(get(client, name), BY_NAME[name].table)


# Broken files


@pytest.mark.parametrize("name", BY_NAME)
def test_a_file_that_is_cut_anywhere_is_data_loss_at_a_place_and_others_are_served(serve, dial, folder, name):
    sample, suffix = BY_NAME[name], BY_NAME[name].path.rpartition(".")[2]
    places = {f"cut/{place}": place for place in cuts(sample)}
    # A stream that was kept may end without the mark, so between two messages it is whole so far.
    ends = {sum(place) for place in message_places(sample)} if suffix == "arrows" else set()
    (folder / "cut").mkdir()
    for cut, place in places.items():
        (folder / f"{cut}.{suffix}").write_bytes(sample.content[:place])
    server = serve(folder)
    client = dial(server)
    found, log = statuses(server, places), server.log(1 << 22)
    for cut, (status, message) in found.items():
        if places[cut] in ends:
            assert status == grpc.OK, f"{cut}: {status} {message}"
            assert_same(get(client, cut), pa.ipc.open_stream(sample.content[: places[cut]]).read_all())
        else:
            assert is_data_loss(status, message, f"{cut}.{suffix}"), f"{cut}: {status} {message}"
            assert f"problem={message} " in log, f"the log does not name {cut}"
    assert names(client, "cut/") == sorted(cut for cut, place in places.items() if place in ends)
    assert_still_serves(server, client)


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_octets_never_harm_the_server(serve, dial, folder, seed):
    chance, asked = random.Random(seed), {}
    (folder / "bad").mkdir()
    for number in range(500):
        sample = chance.choice(SAMPLES)
        content = bytearray(sample.content)
        for _ in range(chance.choice([1, 1, 2, 20])):
            # Mostly in the schema and the footer, where structure is.
            near = chance.randrange(2_000)
            place = chance.choice([near, -1 - near, chance.randrange(len(content))])
            content[place] = chance.choice([content[place] ^ 1 << chance.randrange(8), 0, 0x7F, 0x80, 0xFF])
        asked[f"bad/{number}"] = f"bad/{number}." + sample.path.rpartition(".")[2]
        (folder / asked[f"bad/{number}"]).write_bytes(content)
    server = serve(folder)
    found = statuses(server, asked)
    for name, (status, message) in found.items():
        assert status == grpc.OK or is_data_loss(status, message, asked[name]), f"{name}: {status} {message}"
    assert {status for status, _ in found.values()} == {grpc.OK, grpc.DATA_LOSS}
    client = dial(server)
    assert names(client, "bad/") == sorted(name for name, (status, _) in found.items() if status == grpc.OK)
    assert_still_serves(server, client)


# Content that no reader takes, and what is said about it.
ODD_FILES = {
    "empty": (b"", "at offset 0: it is empty"),
    "feather": (b"FEA1" + bytes(99) + b"FEA1", "at offset 0: it is a file of Feather version 1"),
    "magic": (b"ARROW1", "at offset 6"),
    "magics": (b"ARROW1\0\0ARROW1", "at offset 14"),
    "middle": (TELEMETRY.content[320:], "at offset 0"),
    "text": (b"id,name\n1,lamp\n", "at offset 0"),
    "zeros": (bytes(4_096), "at offset 0"),
}


def write_oddities(folder):
    """Things that have the name of a flight's file and cannot be one: what is said about each."""
    for name, (content, _) in ODD_FILES.items():
        (folder / f"{name}.arrow").write_bytes(content)
    pyarrow.parquet.write_table(BY_NAME["sales/orders"].table, folder / "parquet.arrow")
    os.mkfifo(folder / "fifo.arrow")
    (folder / "loop.arrow").symlink_to("loop.arrow")
    (folder / "secret.arrow").write_bytes(TYPES.content)
    (folder / "secret.arrow").chmod(0)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(folder / "socket.arrow"))
    said = {name: problem for name, (_, problem) in ODD_FILES.items()}
    said |= {"parquet": "at offset 0: it is a Parquet file", "fifo": "it is not a file", "loop": "symbolic links"}
    return said | {"secret": "Permission denied", "socket": "cannot open it"}


def test_what_is_no_arrow_file_is_data_loss_that_says_why_and_others_are_served(serve, dial, folder, monkeypatch):
    monkeypatch.chdir(folder)  # the path of a unix socket has to be short
    oddities = write_oddities(folder)
    server = serve(folder, prefix=UNPRIVILEGED)
    log = server.log(1 << 16)
    for name, (status, message) in statuses(server, oddities).items():
        assert status == grpc.DATA_LOSS and message.startswith(f"{name}.arrow: "), f"{name}: {status} {message}"
        assert oddities[name] in message and f"problem={message} " in log, f"{name}: {message}"
    assert [problem.partition(".")[0] for problem in server.report()["unreadable"]] == sorted(oddities)
    assert_still_serves(server, dial(server))


def test_a_folder_is_no_flight_whatever_its_name(serve, folder):
    (folder / "named.arrow").mkdir()
    (folder / "named.arrow/inside.arrow").write_bytes(TYPES.content)
    (folder / "hidden.arrow").mkdir()
    (folder / "hidden.arrows").write_bytes(TELEMETRY.content)
    found = statuses(serve(folder), ["named", "named.arrow/inside", "hidden"])
    assert [status for status, _ in found.values()] == [grpc.NOT_FOUND, grpc.OK, grpc.OK], found


def test_a_folder_that_cannot_be_opened_is_reported(serve, dial, folder):
    (folder / "closed").mkdir(0)
    server = serve(folder, prefix=UNPRIVILEGED)
    assert_still_serves(server, dial(server))
    assert server.report()["unreadable"] == ["closed: cannot open it: Permission denied"]


def test_of_two_files_of_one_flight_the_file_format_counts_and_the_other_is_reported(serve, dial, folder):
    (folder / "twice.arrow").write_bytes(TYPES.content)
    (folder / "twice.arrows").write_bytes(TELEMETRY.content)
    server = serve(folder)
    assert_same(get(dial(server), "twice"), TYPES.table)
    assert server.report()["unreadable"] == ["twice.arrows: hidden by twice.arrow"]


def test_the_content_and_not_the_suffix_says_the_format(serve, dial, folder):
    (folder / "a.arrow").write_bytes(TELEMETRY.content)
    (folder / "b.arrows").write_bytes(TYPES.content)
    client = dial(serve(folder))
    assert_same(get(client, "a"), TELEMETRY.table)
    assert_same(get(client, "b"), TYPES.table)


def test_names_that_cannot_be_flights_are_left_out_and_reported_in_one_line(serve, folder):
    for name in (b".hidden.arrow", b"new\nline.arrow", b"x" * 210 + b".arrow", b"latin-\xe9.arrow"):
        (folder / os.fsdecode(name)).write_bytes(TYPES.content)
    (folder / ".folder").mkdir()
    (folder / ".folder/x.arrow").write_bytes(TYPES.content)
    server = serve(folder)
    status = server.report()
    assert status["flights"] == len(SAMPLES)
    reported = " ".join(status["unreadable"])
    assert len(status["unreadable"]) == 3 and "hidden" not in reported and "latin-" in reported
    assert all(" jetway: " in line for line in server.log().splitlines() if line), "a name breaks the log's lines"


def test_links_to_files_and_folders_are_followed_and_circles_are_not(serve, dial, folder, tmp_path):
    write_samples(tmp_path / "elsewhere")
    (folder / "link.arrow").symlink_to(tmp_path / "elsewhere/types/all.arrow")
    (folder / "linked").symlink_to(tmp_path / "elsewhere/sales")
    (folder / "sales/back").symlink_to("..")
    (folder / "here").symlink_to(".")
    client = dial(serve(folder))
    assert names(client) == sorted([*GOOD, "link", "linked/orders", "linked/products"])
    assert_same(get(client, "link"), TYPES.table)
    assert_same(get(client, "linked/orders"), BY_NAME["sales/orders"].table)


# A folder that changes


def test_what_appears_changes_and_goes_away_is_seen_at_once(serve, dial, folder):
    server = serve(folder)
    client = dial(server)
    (folder / "new").mkdir()
    (folder / "new/flight.arrow").write_bytes(TYPES.content)
    assert_same(get(client, "new/flight"), TYPES.table)
    assert names(client, "new") == ["new/flight"]
    (folder / "new/flight.arrow").write_bytes(TELEMETRY.content)
    assert_same(get(client, "new/flight"), TELEMETRY.table)
    assert client.get_flight_info(descriptor("new/flight")).total_records == TELEMETRY.table.num_rows
    (folder / "new/flight.arrow").write_bytes(TYPES.content[:1_000])
    assert refusal(server, "new/flight")[0] == grpc.DATA_LOSS
    (folder / "new/flight.arrow").write_bytes(TYPES.content)
    assert_same(get(client, "new/flight"), TYPES.table)
    shutil.rmtree(folder / "new")
    assert refusal(server, "new/flight")[0] == grpc.NOT_FOUND and names(client) == GOOD


def test_without_its_folder_a_server_says_so_and_serves_again_when_it_is_back(serve, dial, folder, tmp_path):
    server = serve(folder)
    client = dial(server)
    folder.rename(tmp_path / "away")
    assert refusal(server, "telemetry")[0] == grpc.NOT_FOUND
    with pytest.raises(pa.flight.FlightUnavailableError, match="the folder of the flights"):
        names(client)
    (tmp_path / "away").rename(folder)
    assert_still_serves(server, client)
