"""`sillage usage export` as an analyst runs it: the file is whole, or there is none."""

import contextlib
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.parquet
import pytest

from queries.usage.export import COLUMNS
from tests.cli.terminals import Terminal
from tests.cli.test_usage import read, statements
from tests.conftest import Stack
from tests.queries.databases import own_database

DAYS, A_DAY = 3, 20_000
_EVENTS = f"""
    INSERT INTO usage_events (received_at, occurred_at, tenant, retention_days, kind, name, page, user_id,
        is_bot, bot_reasons, properties_json, event_id)
    SELECT
        toDateTime64(toDate(now(), 'UTC') - intDiv(number, {A_DAY}), 3, 'UTC')
            + toIntervalMillisecond(number % 1000) AS at,
        at, 'demo', 90, 'action', if(number % 2, 'invoice.sent', 'invoice.paid'),
        'say "hi",\n' || toString(number),
        toString(cityHash64(number)), number % 100 = 7, if(number % 100 = 7, ['agent'], []),
        '{{"plan":"pro"}}', unhex(lpad(hex(number), 32, '0'))
    FROM numbers({DAYS * A_DAY})
"""


@pytest.fixture(scope="module")
def terminal(stack: Stack) -> Iterator[Terminal]:
    with own_database(stack) as (database, client):
        client.command(_EVENTS)
        yield Terminal(stack, database, client, ("usage", "export", "--tenant", "demo"))


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_every_event_is_in_the_file_by_day(terminal: Terminal, tmp_path: Path, form: str) -> None:
    file = tmp_path / "events"
    said = terminal.shown("--format", form, "--output", str(file), "--where", "action = invoice.sent")
    rows = read(file, form)
    condition = "name = 'invoice.sent' AND NOT is_bot"
    ((count, pages),) = terminal.client.query(
        f"SELECT count(), groupUniqArray(page) FROM usage WHERE {condition}"
    ).result_rows
    assert said.startswith(f"{count:,} events")
    assert len(rows) == len({row["event_id"] for row in rows}) == count > 25_000
    assert {row["page"] for row in rows} == set(pages)
    days = [str(row["received_at"])[:10] for row in rows]
    assert days == sorted(days)
    assert len(set(days)) == DAYS
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["properties"], rows[0]["action"]) == ('{"plan":"pro"}', "invoice.sent")
    assert [one.name for one in tmp_path.iterdir()] == ["events"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_file_of_no_events_is_one(terminal: Terminal, tmp_path: Path, form: str) -> None:
    file = tmp_path / "events"
    terminal.shown("--format", form, "--output", str(file), "--where", "country = XX")
    assert read(file, form) == []
    if form == "parquet":
        assert tuple(pyarrow.parquet.read_schema(file).names) == COLUMNS


def test_bots_come_with_their_reasons_and_times_with_their_zone(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    asked = ("--format", "jsonl", "--output", str(file), "--bots", "--days", "1")
    terminal.shown(*asked, "--where", "bot = true")
    rows = read(file, "jsonl")
    assert len(rows) == A_DAY // 100
    assert {(row["bot"], row["bot_reasons"]) for row in rows} == {(True, "agent")}
    assert all(row["received_at"].endswith("Z") for row in rows)


def test_the_printed_sql_is_that_of_each_day(terminal: Terminal) -> None:
    printed = statements(terminal.shown("--sql", "--days", str(DAYS)))
    counts = [len(terminal.client.query(sql, parameters).result_rows) for sql, parameters in printed]
    assert counts == [A_DAY - A_DAY // 100] * DAYS


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_connection_that_breaks_leaves_no_file(terminal: Terminal, tmp_path: Path, form: str) -> None:
    file = tmp_path / "events"
    with Severed(urlsplit(terminal.stack.clickhouse_url).port or 0) as severed:
        asked = ("--format", form, "--output", str(file))
        done = terminal.run(*asked, SILLAGE_CLICKHOUSE_URL=f"http://127.0.0.1:{severed.port}")
    assert done.exit_code == 1
    assert "The events broke off, and no file was made" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_what_was_there(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text("yesterday's")
    with Severed(urlsplit(terminal.stack.clickhouse_url).port or 0, stalls=True) as severed:
        asked = terminal.command("--format", "csv", "--output", str(file))
        environ = terminal.surroundings | {"SILLAGE_CLICKHOUSE_URL": f"http://127.0.0.1:{severed.port}"}
        running = subprocess.Popen(asked, env=environ, stderr=subprocess.PIPE, text=True)
        assert severed.reached.wait(60)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert (running.returncode, "Traceback" in said) == (1, False)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("events", "yesterday's")]


class Severed:
    """A way to ClickHouse that ends after some of an answer, or `stalls` there."""

    _AFTER = 400_000

    def __init__(self, port: int, *, stalls: bool = False) -> None:
        self._to = port
        self._stalls = stalls
        self._over = threading.Event()
        self.reached = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> "Severed":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(30)
        for one in self._ends:
            one.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to))
            self._ends += [near, far]
            for one in (
                threading.Thread(target=self._pass, args=(near, far, None), daemon=True),
                threading.Thread(target=self._pass, args=(far, near, self._AFTER), daemon=True),
            ):
                one.start()
                self._threads.append(one)

    def _pass(self, source: socket.socket, to: socket.socket, at_most: int | None) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 14):
                to.sendall(data)
                passed += len(data)
                if at_most is not None and passed > at_most:
                    self.reached.set()
                    if self._stalls:
                        self._over.wait(60)
                    break
        for end in (source, to):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
