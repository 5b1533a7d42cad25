"""What would leave the data directory is refused to every user of the embedded server, in any disguise."""

from pathlib import Path

import pytest

from tests.local.clickhouse.conftest import READER_PASSWORD
from tests.local.clickhouse.http import Server

DENIED = 497
SECRET = "leaked by the server"
READS = [
    "SELECT * FROM file('{path}', LineAsString)",
    "SELECT * FROM FiLe/* */('{path}', LineAsString)",
    "SELECT * FROM `file`('{path}', LineAsString)",
    "SELECT * FROM `fi\\x6ce`('{path}', LineAsString)",
    "SELECT * FROM \"file\"('{path}', LineAsString)",
    "WITH x AS (SELECT * FROM file('{path}', LineAsString)) SELECT * FROM x",
    "SELECT (SELECT * FROM file('{path}', LineAsString))",
    "SELECT * FROM view(SELECT * FROM file('{path}', LineAsString))",
    "SELECT * FROM loop(file('{path}', LineAsString)) LIMIT 1",
    "DESCRIBE TABLE file('{path}')",
    "SELECT * FROM default.`{path}`",
    "SELECT * FROM '{path}'",
    "SELECT file('{path}')",
    "SELECT `file`(materialize('{path}'))",
    "SELECT `fi\\x6ce`('{path}')",
    "SELECT * APPLY file FROM (SELECT '{path}')",
    "SELECT arrayMap(file, ['{path}'])",
    "SELECT * FROM format(JSONEachRow, 'a String, b String DEFAULT file(''{path}'')', '{{\"a\": \"1\"}}')",
    "SELECT * FROM format(JSONEachRow, concat('a String, b String DEFAULT fi', 'le(''{path}'')'), "
    '\'{{"a": "1"}}\')',
    "SELECT * FROM eval('SELECT file(''{path}'')')",
    "SELECT * FROM eval('SELECT file(''{path}'')') SETTINGS allow_experimental_eval_table_function = 1",
    "SELECT * FROM filesystem('{path}')",
    "SELECT * FROM executable('{path}', TSV, 'x String')",
    "SELECT * FROM `execut\\x61ble`('{path}', TSV, 'x String')",
    "SELECT * FROM sqlite('{path}', 'x')",
    "SELECT * FROM Python(environment)",
    "SELECT * FROM Python(environment) SETTINGS allow_python_table_function = 1",
    "EXPLAIN SELECT * FROM file('{path}', LineAsString)",
]
CALLS_OUT = [
    "SELECT * FROM url('http://127.0.0.1:9/', LineAsString)",
    "SELECT * FROM s3('http://127.0.0.1:9/bucket/x', LineAsString)",
    "SELECT * FROM remote('127.0.0.1:9', system.one)",
    "SELECT * FROM remoteSecure('127.0.0.1:9', system.one)",
    "SELECT * FROM mysql('127.0.0.1:9', 'd', 't', 'u', 'p')",
    "SELECT * FROM postgresql('127.0.0.1:9', 'd', 't', 'u', 'p')",
    "SELECT * FROM hdfs('hdfs://127.0.0.1:9/x', 'TSV', 'x String')",
    "SELECT aiGenerate('x')",
]
WRITES = [
    "INSERT INTO FUNCTION file('{path}', LineAsString) SELECT 'x'",
    "INSERT INTO FUNCTION file('{path}', LineAsString, 'x String') VALUES ('x')",
    "INSERT INTO own SELECT file('{path}')",
    "INSERT INTO own SELECT * FROM (SELECT * FROM file('{path}', LineAsString))",
    "INSERT INTO own FROM INFILE '{path}' FORMAT LineAsString",
    "INSERT INTO own FROM/**/infile '{path}' FORMAT LineAsString",
    "INSERT INTO own FROM INFILE $${path}$$ FORMAT LineAsString",
    "INSERT INTO own FROM INFILE '{path}' -- FORMAT CSV\nFORMAT LineAsString",
    "INSERT INTO own (line) /* FROM */ FROM --\nINFILE '{path}' SETTINGS max_threads = 1 FORMAT LineAsString",
    "INSERT INTO own /* /* */ SETTINGS x = '*/ FROM INFILE $${path}$$ FORMAT LineAsString -- ' FORMAT CSV\n1",
    "SELECT 1 INTO OUTFILE '{path}.out'",
    "SELECT 1 iNtO /* */ oUtFiLe '{path}.out' FORMAT CSV",
    "SELECT 1 INTO OUTFILE '{path}.out' AND STDOUT",
    "CREATE TABLE closed (line String) ENGINE = File(LineAsString, '{path}')",
    "CREATE TABLE closed (line String) ENGINE=/**/`File`(LineAsString, '{path}')",
    "CREATE TABLE closed (line String) engine FileLog('{path}', 'LineAsString')",
    "CREATE TABLE closed (line String) ENGINE = URL('http://127.0.0.1:9/', LineAsString)",
    "CREATE TABLE closed (line String) ENGINE = S3('http://127.0.0.1:9/bucket/x', LineAsString)",
    "CREATE TABLE closed (line String) ENGINE = Executable('x', LineAsString)",
    "CREATE TABLE closed (line UInt8) ENGINE = EmbeddedRocksDB(0, '{path}.rocks') PRIMARY KEY line",
    "CREATE TABLE closed AS file('{path}', LineAsString)",
    "CREATE TEMPORARY TABLE closed (line String) ENGINE = File(LineAsString, '{path}')",
    "CREATE TABLE closed (a UInt8, line String DEFAULT file('{path}')) ENGINE = Memory",
    "CREATE TABLE closed (x UInt8) ENGINE = MergeTree ORDER BY x "
    "SETTINGS disk = disk(type = local, path = '/')",
    "CREATE DATABASE closed ENGINE = Atomic "
    "SETTINGS disk = `di\\x73k`(type = web, endpoint = 'http://127.0.0.1:9/')",
    "CREATE DATABASE closed ENGINE = Filesystem('/')",
    "CREATE DATABASE closed ENGINE = SQLite('{path}')",
    "CREATE DATABASE closed ENGINE = DataLakeCatalog('http://127.0.0.1:9/') SETTINGS warehouse = 'x'",
    "CREATE VIEW closed AS SELECT * FROM file('{path}', LineAsString)",
    "CREATE VIEW closed AS SELECT file('{path}') AS line",
    "CREATE MATERIALIZED VIEW closed ENGINE = Memory AS SELECT line, file('{path}') AS x FROM own",
    "CREATE MATERIALIZED VIEW closed TO own AS SELECT * FROM file('{path}', LineAsString)",
    "CREATE MATERIALIZED VIEW closed REFRESH EVERY 1 DAY TO own "
    "AS SELECT * FROM url('http://127.0.0.1:9/', CSV)",
    "CREATE DICTIONARY closed (k UInt64, v String) PRIMARY KEY k SOURCE(FILE(path '{path}' format 'CSV')) "
    "LAYOUT(FLAT()) LIFETIME(0)",
    "CREATE DICTIONARY closed (k UInt64, v String) PRIMARY KEY k "
    "SOURCE(EXECUTABLE(command 'id' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "ATTACH TABLE closed FROM '{path}' (x UInt8) ENGINE = MergeTree ORDER BY x",
    "ATTACH TABLE closed (line String) ENGINE = File(LineAsString, '{path}')",
    "BACKUP TABLE own TO File('{path}.zip')",
    "BACKUP TABLE own TO Disk('default', 'x')",
    "RESTORE TABLE own FROM File('{path}')",
    "CREATE NAMED COLLECTION closed AS url = 'http://127.0.0.1:9/'",
    "CREATE USER closed",
    "GRANT FILE ON *.* TO owner",
    "SYSTEM SHUTDOWN",
    "SELECT 1 SETTINGS dialect = 'kusto'",
    "SET format_schema_source = 'file'",
    "SELECT * FROM file('{path}', LineAsString); SELECT 1",
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    return file


@pytest.fixture
def doors(server: Server) -> Server:
    server.do("CREATE TABLE own (line String) ENGINE = MergeTree ORDER BY line")
    return server


@pytest.mark.parametrize("statement", READS + CALLS_OUT + WRITES)
def test_nothing_outside_the_data_directory_is_reached_by(doors: Server, path: Path, statement: str) -> None:
    answer = doors.ask("", statement.format(path=path).encode())
    assert answer.code, answer.text
    assert SECRET not in answer.text
    assert path.read_text() == SECRET
    assert [file.name for file in path.parent.iterdir()] == ["secret"]
    assert doors.count("own") == 0
    assert doors.do("EXISTS TABLE closed") == "0\n"
    assert doors.do("EXISTS DATABASE closed") == "0\n"


NAMED = [
    "SELECT * FROM file('/x', CSV)",
    "SELECT file('/x')",
    "SELECT * FROM url('http://127.0.0.1:9/', CSV, 'x String')",
    "SELECT * FROM s3('http://127.0.0.1:9/bucket/x', CSV, 'x String')",
    "SELECT * FROM remote('127.0.0.1:9', system.one)",
    "SELECT * FROM executable('x', CSV, 'x String')",
    "SELECT 1 INTO OUTFILE '/x'",
    "INSERT INTO own FROM INFILE '/x' FORMAT CSV",
    "CREATE TABLE closed (x String) ENGINE = File(CSV, '/x')",
    "CREATE TABLE closed (x String) ENGINE = URL('http://127.0.0.1:9/', CSV)",
    "CREATE TABLE closed (x String) ENGINE = S3('http://127.0.0.1:9/bucket/x', CSV)",
    "BACKUP TABLE own TO File('/x.zip')",
]


@pytest.mark.parametrize("statement", NAMED)
@pytest.mark.parametrize("user", ["default", "reader"])
def test_the_refusal_is_access_denied(doors: Server, user: str, statement: str) -> None:
    password = doors.password if user == "default" else READER_PASSWORD
    headers = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password}
    answer = doors.ask("", statement.encode(), headers=headers)
    assert (answer.code, answer.status) == (DENIED, 403), answer.text


@pytest.mark.parametrize("setting", ["dialect", "allow_python_table_function", "format_schema_source"])
def test_settings_that_open_other_ways_are_fixed(doors: Server, setting: str) -> None:
    assert doors.ask("SELECT 1", parameters={setting: {"dialect": "kusto"}.get(setting, "1")}).code


def test_a_table_sent_with_a_query_is_held_to_the_same(doors: Server, path: Path) -> None:
    structure = f"x UInt8, line String DEFAULT file('{path}')) ENGINE = Memory --"
    disposition = 'Content-Disposition: form-data; name="sent"; filename="sent"'
    part = f"--b\r\n{disposition}\r\n\r\n1\r\n--b--\r\n"
    headers = doors.headers(**{"Content-Type": "multipart/form-data; boundary=b"})
    answer = doors.ask(
        "SELECT * FROM sent", part.encode(), headers=headers, sent_structure=structure, sent_format="CSV"
    )
    assert answer.code
    assert SECRET not in answer.text


def test_what_only_mentions_the_closed_words_is_open(doors: Server) -> None:
    assert doors.do("SELECT 'INTO OUTFILE', 'FROM INFILE \\'x\\'', 'disk(' AS `file`") != ""
    columns = "outfile String, engine String, x_file String"
    doors.do(f"CREATE TABLE infile ({columns}) ENGINE = ReplacingMergeTree ORDER BY outfile")
    doors.do("INSERT INTO infile (outfile, engine) SELECT engine, outfile FROM infile WHERE engine = 'disk'")
    doors.do("INSERT INTO infile (outfile) FORMAT LineAsString", b"FROM INFILE 'x'")
    assert doors.do("SELECT outfile FROM infile") == "FROM INFILE \\'x\\'\n"


def test_a_view_with_a_definer_shows_the_reader_its_rows(doors: Server) -> None:
    doors.do("INSERT INTO own VALUES ('a'), ('b')")
    doors.do("CREATE VIEW some DEFINER = default SQL SECURITY DEFINER AS SELECT * FROM own WHERE line = 'a'")
    headers = {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": READER_PASSWORD}
    assert doors.ask("SELECT * FROM some", headers=headers).text == "a\n"


def test_the_reader_reads_and_does_nothing_else(doors: Server) -> None:
    headers = {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": READER_PASSWORD}
    doors.do("INSERT INTO own VALUES ('a')")
    assert doors.ask("SELECT * FROM own", headers=headers, max_threads="1").text == "a\n"
    for statement in (
        "INSERT INTO own VALUES ('b')",
        "CREATE TABLE closed (x UInt8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE closed (x UInt8)",
        "TRUNCATE TABLE own",
        "SET ROLE owner",
        "KILL QUERY WHERE 1",
        "SYSTEM STOP MERGES",
    ):
        assert doors.ask("", statement.encode(), headers=headers).code == DENIED, statement
    assert doors.ask("SELECT 1", headers=headers, role="owner").code == DENIED
    assert doors.ask("SELECT 1", headers=headers, readonly="0").code
    assert doors.ask("SELECT 1 SETTINGS readonly = 0", headers=headers).code
    assert doors.do("SELECT * FROM own") == "a\n"
