"""`jetway flights serve` for ADBC: the two commands of Flight SQL that its driver needs to read and write a flight."""

import contextlib

import adbc_driver_flightsql.dbapi
import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as flight
import pytest

from harness.embedded import assert_same, get, put
from harness.samples import BY_NAME

TELEMETRY, TYPES = BY_NAME["telemetry"], BY_NAME["types/all"]
each_sample = pytest.mark.parametrize("name", BY_NAME)
both_ways = pytest.mark.parametrize("storage", [(), ("--writable",)], ids=["in memory", "in the folder"])


class Database:
    """An ADBC connection; each statement has a cursor of its own, as the driver wants it after an ingestion."""

    def __init__(self, location):
        self.location = location
        self.connection = adbc_driver_flightsql.dbapi.connect(location, autocommit=True)

    def query(self, text):
        with self.connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetch_arrow_table()

    def select(self, name):
        return self.query(f'SELECT * FROM "{name}"')

    def ingest(self, name, table, mode="create"):
        with self.connection.cursor() as cursor:
            return cursor.adbc_ingest(name, table, mode=mode)


@pytest.fixture
def database(reach):
    """Makes ADBC connections to a server."""
    with contextlib.ExitStack() as stack:

        def connect(server):
            made = Database(reach(server).location)
            stack.enter_context(made.connection)
            return made

        yield connect


def writable_by_the_driver(table):
    """Without what its Arrow library cannot write: list views, unions, and the order of a dictionary."""
    types = pa.types

    def is_lost(kind):
        is_view = types.is_list_view(kind) or types.is_large_list_view(kind)
        return is_view or types.is_union(kind) or (types.is_dictionary(kind) and kind.ordered)

    return table.select([field.name for field in table.schema if not is_lost(field.type)])


# Queries


@each_sample
def test_adbc_reads_a_flight_as_it_was_written(sample_server, database, name):
    assert_same(database(sample_server).select(name), BY_NAME[name].table)


SPELLINGS = ["SELECT * FROM telemetry", "select *\n from telemetry ;", 'Select * From "telemetry";', " SELECT * FROM telemetry"]


@pytest.mark.parametrize("query", SPELLINGS)
def test_the_one_query_may_be_written_as_sql_is(sample_server, database, query):
    assert database(sample_server).query(query).equals(TELEMETRY.table)


def test_a_quoted_name_may_have_spaces(serve, database, folder):
    (folder / "two words.arrow").write_bytes(TYPES.content)
    assert_same(database(serve(folder)).select("two words"), TYPES.table)


@pytest.mark.parametrize("query", ["SELECT 1", "SELECT id FROM orders", "DROP TABLE telemetry", "SELECT * FROM a, b"])
def test_other_queries_are_refused_with_the_one_there_is(sample_server, database, query):
    with pytest.raises(adbc_driver_manager.Error, match="no SQL engine; it takes: SELECT"):
        database(sample_server).query(query)


def test_what_no_flight_has_as_its_name_is_an_error_that_says_so(sample_server, database):
    connected = database(sample_server)
    with pytest.raises(adbc_driver_manager.Error, match="there is no flight absent"):
        connected.select("absent")
    with pytest.raises(adbc_driver_manager.Error, match="component"):
        connected.select("../telemetry")
    assert connected.select("telemetry").equals(TELEMETRY.table)


# Ingestion


@both_ways
@each_sample
def test_adbc_ingests_a_table_that_is_read_back_equal(serve, database, tmp_path, storage, name):
    connected, table = database(serve(tmp_path, *storage)), writable_by_the_driver(BY_NAME[name].table)
    assert connected.ingest("new/table", table) == table.num_rows
    assert_same(connected.select("new/table"), table)


@both_ways
def test_the_modes_of_an_ingestion_are_kept(serve, database, tmp_path, storage):
    connected = database(serve(tmp_path, *storage))
    numbers, words = pa.table({"n": [1, 2, 3]}), pa.table({"w": ["a", "b"]})
    assert connected.ingest("t", numbers) == 3
    with pytest.raises(adbc_driver_manager.Error, match="there is a flight t already"):
        connected.ingest("t", words)
    for mode in ("append", "create_append"):
        with pytest.raises(adbc_driver_manager.NotSupportedError, match="appended"):
            connected.ingest("t", words, mode)
    assert connected.select("t").equals(numbers)
    assert connected.ingest("t", words, "replace") == 2 == connected.ingest("u", words, "replace")
    assert connected.select("t").equals(words) and connected.select("u").equals(words)


@both_ways
def test_adbc_and_pyarrow_see_what_the_other_wrote(serve, database, tmp_path, storage):
    connected = database(serve(tmp_path, *storage))
    with flight.connect(connected.location) as client:
        put(client, "by/pyarrow", TYPES.batches)
        assert_same(connected.select("by/pyarrow"), TYPES.table)
        connected.ingest("by/adbc", TELEMETRY.table)
        assert_same(get(client, "by/adbc"), TELEMETRY.table)


def test_a_file_of_a_folder_that_is_not_writable_cannot_be_ingested_into(serve, database, folder):
    connected = database(serve(folder))
    for mode in ("create", "replace"):
        with pytest.raises(adbc_driver_manager.Error, match="telemetry"):
            connected.ingest("telemetry", pa.table({"n": [1]}), mode)
    assert_same(connected.select("telemetry"), TELEMETRY.table)


def test_an_ingestion_beyond_the_memory_limit_is_an_error_and_leaves_nothing(serve, database, tmp_path):
    server = serve(tmp_path, "--memory", "256KiB")
    connected = database(server)
    with pytest.raises(adbc_driver_manager.Error, match="memory for flights"):
        connected.ingest("large", pa.table({"n": range(100_000)}))
    report = server.report()
    assert (report["memoryBytes"], report["flights"]) == (0, 0)
    assert connected.ingest("small", TELEMETRY.table) == TELEMETRY.table.num_rows
