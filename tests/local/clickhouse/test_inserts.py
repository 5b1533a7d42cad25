"""INSERT: acknowledged means stored whole, refused means nothing is stored."""

import gzip
import io
import zlib
from concurrent.futures import ThreadPoolExecutor

import fastavro
import lz4.frame
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from runtime.zstd import zstd
from tests.local.clickhouse.http import Server

ROWS = "".join(f"{number}\n" for number in range(10_000)).encode()
COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
    "lz4": lz4.frame.compress,
}
FAILURES = {
    "a view that throws": (395, "INSERT INTO landing FORMAT CSV", b"1\n13\n2\n", {}),
    "a view that throws, in VALUES": (395, "INSERT INTO landing VALUES (1), (13), (2)", b"", {}),
    "a constraint": (469, "INSERT INTO target FORMAT CSV", b"1\n1000000\n", {}),
    "data of another type": (27, "INSERT INTO target FORMAT JSONEachRow", b'{"x": 1}\n{"x": "three"}', {}),
    "a row cut short": (33, "INSERT INTO target FORMAT RowBinary", b"\1\0\0\0\0\0\0\0\2\0", {}),
    "a limit of memory": (
        241,
        "INSERT INTO landing FORMAT CSV",
        ROWS.replace(b"13\n", b"14\n"),
        {"max_memory_usage": "1000000", "max_untracked_memory": "0"},
    ),
    "an unknown table": (60, "INSERT INTO nowhere FORMAT CSV", b"1\n", {}),
    "an unknown column": (16, "INSERT INTO target (y) FORMAT CSV", b"1\n", {}),
    "an unknown format": (73, "INSERT INTO target FORMAT Papyrus", b"1\n", {}),
    "an unknown setting": (115, "INSERT INTO target FORMAT CSV", b"1\n", {"no_such_setting": "1"}),
}


@pytest.fixture
def tables(server: Server) -> Server:
    server.do(
        "CREATE TABLE target (x UInt64, CONSTRAINT small CHECK x < 1000000) ENGINE = MergeTree ORDER BY x"
    )
    server.do("CREATE TABLE landing (x UInt64) ENGINE = Null")
    server.do("CREATE MATERIALIZED VIEW unpack TO target AS SELECT x FROM landing WHERE throwIf(x = 13) = 0")
    return server


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failed_insert_answers_with_an_error_and_stores_nothing(tables: Server, failure: str) -> None:
    code, query, data, settings = FAILURES[failure]
    answer = tables.ask(query, data, settings)
    assert (answer.code, answer.status >= 400) == (code, True), answer.text
    assert f"Code: {code}. DB::Exception" in answer.text
    assert tables.count("target") == 0


def test_a_killed_insert_answers_with_an_error_and_stores_nothing(tables: Server) -> None:
    tables.do("CREATE TABLE slow (x UInt64) ENGINE = Null")
    tables.do("CREATE MATERIALIZED VIEW slowly TO target AS SELECT x + sleepEachRow(0.05) AS x FROM slow")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(
            tables.ask,
            "INSERT INTO slow FORMAT CSV",
            b"1\n" * 600,
            log_comment="to be killed",
            max_block_size="10",
            function_sleep_max_microseconds_per_block="0",
        )
        find = "SELECT count() FROM system.processes WHERE Settings['log_comment'] = 'to be killed'"
        find += " AND query_kind = 'Insert'"
        while tables.do(find) == "0\n":
            assert not asked.done(), asked.result().text
        tables.do("KILL QUERY WHERE Settings['log_comment'] = 'to be killed' SYNC")
        assert asked.result().code == 394, asked.result().text
    assert tables.count("target") == 0


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_compressed_body_is_stored_whole(tables: Server, encoding: str) -> None:
    headers = tables.headers(**{"Content-Encoding": encoding})
    answer = tables.ask("INSERT INTO target FORMAT CSV", COMPRESS[encoding](ROWS), headers=headers)
    assert answer.status == 200, answer.text
    assert tables.count("target") == 10_000


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_truncated_compressed_body_is_refused(tables: Server, encoding: str) -> None:
    headers = tables.headers(**{"Content-Encoding": encoding})
    body = COMPRESS[encoding](ROWS)
    answer = tables.ask("INSERT INTO target FORMAT CSV", body[: len(body) - 5], headers=headers)
    assert answer.code, answer.text
    assert tables.count("target") == 0


def test_an_unknown_compression_is_refused(tables: Server) -> None:
    headers = tables.headers(**{"Content-Encoding": "pkzip"})
    assert tables.ask("INSERT INTO target FORMAT CSV", ROWS, headers=headers).code
    assert tables.count("target") == 0


def test_a_body_that_the_client_never_ends_is_not_stored(tables: Server) -> None:
    connection = tables.connect()
    path = f"/?database={tables.database}&query=INSERT+INTO+target+FORMAT+CSV"
    connection.putrequest("POST", path)
    for name, value in tables.headers(**{"Content-Length": "1000"}).items():
        connection.putheader(name, value)
    connection.endheaders(b"1\n2\n3\n")
    connection.close()
    assert tables.do("INSERT INTO target FORMAT CSV", b"4\n") == ""
    assert tables.do("SELECT x FROM target") == "4\n"


STATEMENTS = {
    "the statement in the URL, the rows in the body": ("INSERT INTO target FORMAT CSV", b"7\n"),
    "all in the body": ("", b"INSERT INTO target FORMAT CSV\n7\n"),
    "all in the body, on one line": ("", b'INSERT INTO target FORMAT JSONEachRow {"x": 7}'),
    "a table that needs quotes": ("INSERT INTO `target` (`x`) FORMAT CSV", b"7\n"),
    "comments": ("/* FORMAT TSV */ INSERT INTO target -- FORMAT TSV\n FORMAT CSV", b"7\n"),
    "settings before the format": ("INSERT INTO target SETTINGS max_threads = 1 FORMAT CSV", b"7\n"),
    "expressions": ("INSERT INTO target VALUES (3 + 4)", b""),
    "values in the body": ("INSERT INTO target VALUES", b"(7)"),
    "lower case and a final semicolon": ("insert into target values (7);", b""),
    "a query": ("INSERT INTO target SELECT 7", b""),
}


@pytest.mark.parametrize("written", STATEMENTS)
def test_an_insert_may_be_written_as(tables: Server, written: str) -> None:
    query, body = STATEMENTS[written]
    assert tables.do(query, body) == ""
    assert tables.do("SELECT x FROM target") == "7\n"


def test_parameters_are_bound_in_an_insert(tables: Server) -> None:
    tables.do("INSERT INTO target SELECT {value:UInt64}", param_value="7")
    tables.do("INSERT INTO {table:Identifier} FORMAT CSV", b"8\n", param_table="target")
    assert tables.do("SELECT x FROM target ORDER BY x") == "7\n8\n"


def test_a_summary_counts_the_rows_written(tables: Server) -> None:
    answer = tables.ask("INSERT INTO target FORMAT CSV", b"1\n2\n3\n")
    assert '"written_rows":"3"' in answer.headers["X-ClickHouse-Summary"].replace(" ", "")


def test_a_body_without_rows_stores_nothing(tables: Server) -> None:
    assert tables.ask("INSERT INTO target FORMAT JSONEachRow").status == 200
    assert tables.count("target") == 0


def test_binary_data_inlined_in_the_statement_is_stored_whole(tables: Server) -> None:
    numbers = b"".join(number.to_bytes(8, "little") for number in range(200_000))
    tables.do("", b"INSERT INTO target FORMAT RowBinary\n" + numbers)
    assert tables.count("target") == 200_000


def test_rows_sent_for_input_are_never_lost_in_silence(tables: Server) -> None:
    query = "INSERT INTO target SELECT y FROM input('y UInt64') FORMAT CSV"
    answer = tables.ask(query, b"1\n2\n")
    assert answer.code or tables.count("target") == 2


def test_an_avro_file_goes_through_a_null_table_and_its_view(tables: Server) -> None:
    schema = {"type": "record", "name": "Row", "fields": [{"name": "x", "type": "long"}]}
    file = io.BytesIO()
    fastavro.writer(file, schema, [{"x": number} for number in range(100, 600)])
    tables.do("INSERT INTO landing FORMAT Avro", file.getvalue())
    assert tables.do("SELECT count(), min(x), max(x) FROM target") == "500\t100\t599\n"


@pytest.mark.parametrize("where", ["url", "statement"])
def test_protobuf_is_read_by_a_schema_sent_with_it(tables: Server, where: str) -> None:
    schema = 'syntax = "proto3"; message Row { uint64 x = 1; }'
    settings = {
        "format_schema_source": "string",
        "format_schema": schema,
        "format_schema_message_name": "Row",
    }
    rows = b"\x02\x08\x07" + b"\x02\x08\x09"
    if where == "url":
        tables.do("INSERT INTO landing FORMAT Protobuf", rows, **settings)
    else:
        clause = ", ".join(f"{name} = '{value}'" for name, value in settings.items())
        tables.do(f"INSERT INTO landing SETTINGS {clause} FORMAT Protobuf", rows)
    assert tables.do("SELECT x FROM target ORDER BY x") == "7\n9\n"


def test_a_short_body_behind_a_long_one_brings_its_own_rows_alone(tables: Server) -> None:
    tables.do("INSERT INTO target FORMAT CSV", ROWS)
    tables.do("TRUNCATE TABLE target")
    tables.do("INSERT INTO target FORMAT CSV", b"7\n8\n")
    assert tables.do("SELECT x FROM target ORDER BY x") == "7\n8\n"


@pytest.mark.parametrize("failure", FAILURES)
def test_a_body_behind_a_failed_one_brings_its_own_rows_alone(tables: Server, failure: str) -> None:
    _, query, data, settings = FAILURES[failure]
    tables.ask(query, data, settings)
    tables.do("INSERT INTO target FORMAT CSV", b"7\n")
    assert tables.do("SELECT x FROM target") == "7\n"


def test_bodies_that_come_side_by_side_are_not_mixed(tables: Server) -> None:
    def body(number: int) -> bytes:
        return "".join(f"{1_000 * number + n}\n" for n in range(1_000 - 100 * (number % 5))).encode()

    bodies = [body(number) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda rows: tables.do("INSERT INTO target FORMAT CSV", rows), bodies))
    wanted = sorted(int(line) for rows in bodies for line in rows.split())
    assert [int(line) for line in tables.do("SELECT x FROM target ORDER BY x").split()] == wanted


def test_an_asynchronous_insert_is_stored_when_it_is_acknowledged(tables: Server) -> None:
    tables.do("INSERT INTO target FORMAT CSV", b"7\n", async_insert="1", wait_for_async_insert="1")
    assert tables.count("target") == 1


def test_the_client_library_inserts_in_native_format(tables: Server, client: Client) -> None:
    client.insert("target", [[number] for number in range(100)], column_names=["x"])
    with pytest.raises(DatabaseError, match="throwIf"):
        client.insert("landing", [[13]], column_names=["x"])
    assert tables.count("target") == 100


def test_twenty_inserts_at_once_are_all_stored(tables: Server) -> None:
    with ThreadPoolExecutor(20) as pool:
        sent = [
            pool.submit(tables.do, "INSERT INTO target FORMAT CSV", f"{number}\n".encode() * 500)
            for number in range(20)
        ]
        assert [one.result() for one in sent] == [""] * 20
    assert tables.do("SELECT count(), uniqExact(x) FROM target") == "10000\t20\n"
