"""SELECT and all that is not an INSERT of data: formats, settings, parameters, streams, errors."""

import gzip
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import lz4.frame
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData

from runtime.zstd import zstd
from tests.local.clickhouse.http import Server

DECOMPRESS = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "zstd": lambda body: zstd.ZstdDecompressor().decompress(body),
    "lz4": lz4.frame.decompress,
}
ERRORS = {
    "SELEC 1": 62,
    "SELECT * FROM nowhere": 60,
    "SELECT nothing": 47,
    "SELECT noSuchFunction(1)": 46,
    "SELECT 1 FORMAT Papyrus": 73,
    "SELECT throwIf(1)": 395,
    "SELECT 1; SELECT 2": 62,
    "SELECT toUInt8('x')": 6,
    "CREATE TABLE t (x Papyrus) ENGINE = Memory": 50,
    "SELECT sleep(3) SETTINGS max_execution_time = 0.1": 159,
}


def test_ping_needs_no_password(server: Server) -> None:
    connection = server.connect()
    connection.request("GET", "/ping")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"Ok.\n")
    connection.close()


@pytest.mark.parametrize("query", ERRORS)
def test_an_error_has_the_code_of_clickhouse(server: Server, query: str) -> None:
    answer = server.ask(query)
    assert answer.code == ERRORS[query], answer.text
    assert answer.status >= 400
    assert f"Code: {answer.code}. DB::Exception: " in answer.text


def test_an_empty_query_is_a_syntax_error(server: Server) -> None:
    assert server.ask("").code == 62


def test_the_statement_may_lie_in_the_url_the_body_or_both(server: Server) -> None:
    assert server.do("SELECT 1") == "1\n"
    assert server.do("", b"SELECT 2") == "2\n"
    assert server.do("SELECT", b"3") == "3\n"
    assert server.ask("SELECT 4", method="GET").text == "4\n"


def test_the_method_get_only_reads(server: Server) -> None:
    assert server.ask("CREATE TABLE t (x UInt8) ENGINE = Memory", method="GET").code == 164
    assert server.do("EXISTS TABLE t") == "0\n"


def test_the_format_comes_from_the_statement_then_from_the_request(server: Server) -> None:
    assert server.do("SELECT 'a', 1 FORMAT CSV") == '"a",1\n'
    assert server.do("SELECT 'a', 1", default_format="CSV") == '"a",1\n'
    assert server.do("SELECT 'a', 1 FORMAT TSV SETTINGS max_threads = 1", default_format="CSV") == "a\t1\n"
    assert server.ask("SELECT 1 FORMAT CSV").headers["X-ClickHouse-Format"] == "CSV"
    assert json.loads(server.do("SELECT 1 AS one FORMAT JSON"))["data"] == [{"one": 1}]


def test_settings_in_the_url_hold_for_that_request_alone(server: Server) -> None:
    query = "SELECT getSetting('max_threads'), getSetting('max_block_size')"
    own = server.do(query)
    assert server.do(query, max_threads="3", max_block_size="77") == "3\t77\n"
    assert server.do(query) == own


def test_a_request_that_makes_itself_read_only_leaves_others_alone(server: Server) -> None:
    refused = server.ask("CREATE TABLE t (x UInt8) ENGINE = Memory", readonly="1")
    assert refused.code == 164, refused.text
    assert server.do("SELECT 1", readonly="1") == "1\n"
    server.do("CREATE TABLE t (x UInt8) ENGINE = Memory")


def test_a_setting_that_does_not_exist_is_refused(server: Server) -> None:
    assert server.ask("SELECT 1", no_such_setting="1").code == 115
    assert server.ask("SELECT 1", parameters={"max_threads = 1, readonly": "1"}).code == 115


@pytest.mark.parametrize(
    ("kind", "value"), [("String", "it's; -- `x` \\\\ {y:String}"), ("UInt64", "18446744073709551615")]
)
def test_parameters_are_bound_and_never_read_as_sql(server: Server, kind: str, value: str) -> None:
    answer = server.do(f"SELECT {{value:{kind}}} FORMAT TSVRaw", param_value=value)
    assert answer.strip("\n") == value.replace("\\\\", "\\")


def test_the_client_library_binds_parameters_on_the_server(client: Client) -> None:
    rows = client.query(
        "SELECT {text:String}, {numbers:Array(UInt8)}", parameters={"text": "it's", "numbers": [1, 2]}
    ).result_rows
    assert rows == [("it's", [1, 2])]


def test_the_client_library_reads_types_and_errors(client: Client) -> None:
    rows = client.query(
        "SELECT number, toString(number), [number], map('k', number) FROM numbers(3)"
    ).result_rows
    assert rows[2] == (2, "2", [2], {"k": 2})
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
        client.query("SELECT * FROM nowhere")


def test_the_client_library_sends_external_tables(client: Client) -> None:
    for _ in range(2):  # the second must not meet what the first has left
        data = ExternalData(file_name="wanted", data=b"1\n3\n", fmt="CSV", structure="id UInt64")
        rows = client.query(
            "SELECT number FROM numbers(5) WHERE number IN wanted", external_data=data
        ).result_rows
        assert rows == [(1,), (3,)]


def test_a_long_result_is_streamed_whole(server: Server, client: Client) -> None:
    query = "SELECT number, repeat('x', 50) FROM numbers(500000) FORMAT TSV"
    assert server.do(query).count("\n") == 500_000
    with client.query_row_block_stream("SELECT number FROM numbers(500000)") as blocks:
        assert sum(len(block) for block in blocks) == 500_000


def test_an_error_amid_a_streamed_result_is_marked_in_the_body(server: Server) -> None:
    query = "SELECT throwIf(number = 400000), repeat('x', 100) FROM numbers(1000000)"
    answer = server.ask(query, max_block_size="1000", max_threads="1")
    assert b"__exception__" in answer.body or answer.code == 395
    assert "Code: 395" in answer.text


@pytest.mark.parametrize("encoding", DECOMPRESS)
def test_a_result_is_compressed_when_asked_for(server: Server, encoding: str) -> None:
    headers = server.headers(**{"Accept-Encoding": encoding})
    for form in ("TSV", "JSONCompact"):
        query = f"SELECT number FROM numbers(100000) FORMAT {form}"
        answer = server.ask(query, headers=headers, enable_http_compression="1")
        assert answer.headers["Content-Encoding"] == encoding
        assert b"99999" in DECOMPRESS[encoding](answer.body)
    assert server.ask("SELECT 1", headers=headers).body == b"1\n"


def test_two_selects_run_at_once(server: Server) -> None:
    find = "SELECT count() FROM system.processes WHERE startsWith(Settings['log_comment'], 'pair of queries')"
    wait = "SELECT sleepEachRow(0.05) FROM numbers(100) FORMAT Null"
    with ThreadPoolExecutor() as pool:
        for number in "12":
            pool.submit(server.ask, wait, log_comment=f"pair of queries {number}", max_block_size="1")
        while server.do(find) != "2\n":
            pass
        server.do("KILL QUERY WHERE startsWith(Settings['log_comment'], 'pair of queries') SYNC")


@pytest.mark.parametrize("form", ["TSV", "JSONCompact"])
def test_a_client_that_leaves_ends_its_query(server: Server, form: str) -> None:
    comment = f"left alone in {form}"
    find = f"SELECT count() FROM system.processes WHERE Settings['log_comment'] = '{comment}'"
    connection = server.connect()
    query = f"SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sleepEachRow(0.001)) FORMAT {form}"
    arguments = {
        "query": query,
        "log_comment": comment,
        "max_block_size": "100",
        "cancel_http_readonly_queries_on_client_close": "1",
    }
    connection.request("POST", "/?" + urlencode(arguments), headers=server.headers())
    while server.do(find) == "0\n":
        pass
    connection.close()
    while server.do(find) != "0\n":
        pass


def test_the_query_id_is_the_log_comment_unless_one_is_given(server: Server) -> None:
    ask = "SELECT getSetting('log_comment')"
    answer = server.ask(ask, query_id="of-this-test", log_comment="of-this-test")
    assert answer.headers["X-ClickHouse-Query-Id"] == "of-this-test"
    assert answer.text == "of-this-test\n"
    assert server.do(ask, query_id="another", log_comment="mine") == "mine\n"


def test_times_are_utc(server: Server) -> None:
    assert server.do("SELECT timezone()") == "UTC\n"
    assert server.ask("SELECT 1").headers["X-ClickHouse-Timezone"] == "UTC"
