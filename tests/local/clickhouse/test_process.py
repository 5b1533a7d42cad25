"""The embedded server as a process: one owner of a directory, nothing acknowledged lost, an orderly stop."""

import os
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from threading import Event

import pytest

from tests.conftest import free_port_base
from tests.local.clickhouse.conftest import Start, command, environment
from tests.local.clickhouse.http import Server

TABLE = "CREATE TABLE db.t (x UInt64) ENGINE = MergeTree ORDER BY x"


def refuse(*command: str, **variables: str) -> str:
    """Run a start that must fail; gives its message."""
    result = subprocess.run(command, env=environment(**variables), capture_output=True, text=True, timeout=30)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    return result.stderr


def test_no_acknowledged_insert_is_lost_by_kill_9(start: Start, tmp_path: Path) -> None:
    embedded = start(tmp_path)
    embedded.server.do("CREATE DATABASE db ENGINE = Atomic")
    embedded.server.do(TABLE)
    acknowledged: list[int] = []
    enough = Event()

    def write(first: int) -> None:
        for number in range(first, first + 100_000):
            try:
                embedded.server.do("INSERT INTO db.t FORMAT CSV", f"{number}\n".encode() * 100)
            except (OSError, HTTPException):
                return
            acknowledged.append(number)
            if len(acknowledged) >= 60:
                enough.set()

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, worker * 100_000) for worker in range(4)]
        assert enough.wait(60)
        embedded.stop(signal.SIGKILL)
        for writer in writers:
            writer.result()
    server = start(tmp_path).server
    stored = {int(line.split()[0]): int(line.split()[1]) for line in counts(server)}
    assert {number: stored.get(number) for number in acknowledged} == dict.fromkeys(acknowledged, 100)
    assert set(stored.values()) == {100}  # what was not acknowledged is whole, or not there
    assert len(stored) - len(acknowledged) in range(5)


def counts(server: Server) -> list[str]:
    return server.do("SELECT x, count() FROM db.t GROUP BY x").splitlines()


def test_sigterm_waits_for_the_insert_under_way_and_ends_the_select(start: Start, tmp_path: Path) -> None:
    embedded = start(tmp_path)
    server = embedded.server
    server.do("CREATE DATABASE db ENGINE = Atomic")
    server.do(TABLE)
    server.do("CREATE TABLE db.slow (x UInt64) ENGINE = Null")
    server.do("CREATE MATERIALIZED VIEW db.v TO db.t AS SELECT x + sleepEachRow(0.02) AS x FROM db.slow")
    with ThreadPoolExecutor() as pool:
        inserted = pool.submit(server.ask, "INSERT INTO db.slow FORMAT CSV", b"1\n" * 50)
        selected = pool.submit(server.ask, "SELECT sleepEachRow(1) FROM numbers(100)", max_block_size="1")
        while server.do("SELECT countIf(query_kind = 'Insert'), count() FROM system.processes") != "1\t3\n":
            assert not inserted.done()
        assert embedded.stop(timeout=8) == 0
        assert inserted.result().status == 200
        assert "Code: 394" in selected.result().text
    assert start(tmp_path).server.count("db.t") == 50


def test_data_survives_a_restart(start: Start, tmp_path: Path) -> None:
    directory = tmp_path / "a path? with & odd #characters"
    embedded = start(directory)
    embedded.server.do("CREATE DATABASE db ENGINE = Atomic")
    embedded.server.do(TABLE)
    embedded.server.do("INSERT INTO db.t VALUES (7)")
    assert embedded.stop() == 0
    assert start(directory).server.do("SELECT * FROM db.t") == "7\n"


def test_a_second_process_on_the_directory_is_refused_by_name(start: Start, tmp_path: Path) -> None:
    start(tmp_path)
    message = refuse(*command(tmp_path, free_port_base()))
    assert f"{tmp_path} is in use by another ClickHouse process: stop that one" in message


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}: Address already in use. Choose another --port." in refuse(
            *command(tmp_path, port)
        )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_a_host_that_others_can_reach_is_refused(tmp_path: Path, host: str) -> None:
    assert f"{host} is no loopback address" in refuse(*command(tmp_path, free_port_base(), "--host", host))


def test_a_missing_password_is_refused(tmp_path: Path) -> None:
    assert "CLICKHOUSE_PASSWORD is not set" in refuse(
        *command(tmp_path, free_port_base()), CLICKHOUSE_PASSWORD=""
    )


def test_the_password_is_nowhere_in_the_data_directory(start: Start, tmp_path: Path) -> None:
    embedded = start(tmp_path, CLICKHOUSE_PASSWORD="correct horse")
    embedded.stop()
    assert not [
        file for file in tmp_path.rglob("*") if file.is_file() and b"correct horse" in file.read_bytes()
    ]


def test_a_config_file_in_the_working_directory_is_not_picked_up(start: Start, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "config.xml").write_text(
        "<clickhouse><mark_cache_size>1234567</mark_cache_size></clickhouse>"
    )
    server = start(tmp_path / "data", cwd=elsewhere, TZ="America/New_York").server
    assert (
        server.do("SELECT value FROM system.server_settings WHERE name = 'mark_cache_size'") == "67108864\n"
    )
    assert server.do("SELECT timezone()") == "UTC\n"


def test_a_stopped_server_leaves_no_process(start: Start, tmp_path: Path) -> None:
    embedded = start(tmp_path)
    embedded.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(embedded.process.pid, 0)
