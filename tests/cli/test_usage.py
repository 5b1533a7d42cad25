"""`sillage usage` as an analyst runs it, on events of a database of its own."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from clickhouse_connect.driver.client import Client

from tests.cli.terminals import Terminal
from tests.conftest import Stack
from tests.queries.databases import own_database

HOSTILE = 'say "hi",\n=1+1; \x1b[31mred'
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
ROWS = [
    # days ago, hour, action, page, country, user, session, bot, properties
    (0, 0, "invoice.sent", "/invoices", "FR", "ada", "s1", False, '{"plan":"pro"}'),
    (1, 20, "invoice.sent", "/invoices", "DE", "ada", "s2", False, ""),
    (1, 20, "invoice.paid", HOSTILE, "DE", "alan", "s3", False, '{"plan":"free"}'),
    (3, 12, "invoice.sent", "/invoices", "", "", "", False, ""),
    (3, 12, "invoice.sent", "/invoices", "FR", "robot", "s9", True, ""),
]


@pytest.fixture(scope="module")
def terminal(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with own_database(stack) as (database, client):
        store(client, "demo")
        store(client, "other", ROWS[:1])
        segments = tmp_path_factory.mktemp("segments") / "segments.toml"
        segments.write_text("[paying]\nwhere = 'property.plan = pro'\n")
        environ = {"SILLAGE_SEGMENTS_FILE": str(segments)}
        yield Terminal(stack, database, client, ("usage",), environ)


def store(client: Client, tenant: str, rows: "list[tuple[Any, ...]]" = ROWS) -> None:
    names = [
        "received_at", "occurred_at", "tenant", "retention_days", "kind", "name", "page", "country",
        "user_id", "session_id", "is_bot", "properties_json",
    ]  # fmt: skip
    stored = []
    for days_ago, hour, *values in rows:
        at = TODAY - timedelta(days=days_ago) + timedelta(hours=hour)
        stored.append([at, at, tenant, 90, "action", *values])
    client.insert("usage_events", stored, column_names=names)


def figures(rows: "list[dict[str, Any]]", *names: str) -> "list[tuple[Any, ...]]":
    return [tuple(row[name] for name in names) for row in rows]


def test_without_a_command_it_asks_for_the_volume_by_action(terminal: Terminal) -> None:
    shown = terminal.shown("--tenant", "demo")
    assert shown == terminal.shown("volume", "--tenant", "demo")
    assert shown.splitlines()[0].rstrip() == "Usage of demo, last 7 days, people"
    assert re.search(r"invoice\.sent +│ +3 │ +1 │ +2 │ █{16}", shown)
    assert "within 1.6 %" in shown
    rows = terminal.told("--tenant", "demo", "--bots")
    assert figures(rows, "action", "events", "users", "sessions") == [
        ("invoice.sent", 4, 2, 3), ("invoice.paid", 1, 1, 1),
    ]  # fmt: skip


def test_filters_and_segments_are_joined_by_and(terminal: Terminal) -> None:
    asked = ("--tenant", "demo", "--where", "country in (FR, DE)")
    assert figures(terminal.told(*asked, "--by", "country"), "country", "events") == [("DE", 2), ("FR", 1)]
    both = terminal.told(*asked, "--where", "action = invoice.paid", "--by", "country")
    assert figures(both, "country", "events") == [("DE", 1)]
    assert figures(terminal.told(*asked, "--segment", "paying"), "action", "events") == [("invoice.sent", 1)]
    none = terminal.shown(*asked, "--segment", "paying", "--where", "country = DE")
    assert "No such events of tenant 'demo'" in none


def test_all_tenants_are_asked_together(terminal: Terminal) -> None:
    rows = terminal.told("--all-tenants", "--by", "tenant")
    assert figures(rows, "tenant", "events") == [("demo", 4), ("other", 1)]
    for wrong in ((), ("--tenant", "demo", "--all-tenants")):
        done = terminal.run("volume", *wrong)
        assert (done.exit_code, "either --tenant or --all-tenants" in done.stderr) == (2, True)


def test_a_day_begins_at_midnight_of_the_time_zone(terminal: Terminal) -> None:
    utc = terminal.told("--tenant", "demo", "--interval", "day", "--days", "4")
    assert figures(utc, "events") == [(1,), (0,), (2,), (1,)]
    assert [row["partial"] for row in utc] == ["", "", "", "running"]
    starts = [TODAY - timedelta(days=days) for days in (3, 2, 1, 0)]
    assert [datetime.fromisoformat(row["start"]) for row in utc] == starts
    kolkata = terminal.told(
        "--tenant", "demo", "--interval", "day", "--days", "6", "--timezone", "Asia/Kolkata"
    )
    by_start = {datetime.fromisoformat(row["start"]): row for row in kolkata}
    # 20:00 in UTC is half past one of the next day there, and so the day of 00:00 in UTC.
    together = by_start[TODAY - timedelta(hours=5, minutes=30)]
    assert (together["events"], together["start"][-6:], together["end"][-6:]) == (3, "+05:30", "+05:30")


def test_a_table_marks_what_is_not_whole(terminal: Terminal) -> None:
    # Days of UTC are kept: there, but for the last hour of one, the first of 90 begins before them.
    asked = ("--tenant", "demo", "--interval", "day", "--days", "90", "--timezone", "Africa/Lagos")
    shown, first = terminal.shown(*asked), terminal.told(*asked)[0]
    assert re.search(r"\d{4}-\d\d-\d\d \* +│ +\d │", shown)
    assert "* not over yet\n" in shown
    is_expired = first["partial"] == "expired"
    assert ("† begins before what is kept, 90 days\n" in shown) is is_expired
    assert bool(re.search(rf"{first['start'][:10]} † +│ +0 │", shown)) is is_expired


def test_rows_that_are_left_out_are_told(terminal: Terminal) -> None:
    asked = ("--tenant", "demo", "--interval", "day", "--days", "4")
    assert "Only the first 3 rows" in terminal.shown(*asked, "--limit", "3")
    assert "Only" not in terminal.shown(*asked, "--limit", "4")
    assert len(terminal.told(*asked, "--limit", "3")) == 3


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_each_form_says_the_same(terminal: Terminal, tmp_path: Path, form: str) -> None:
    file = tmp_path / "answer"
    for asked in (("--by", "page,bot"), ("--interval", "day"), ("--days", "1", "--where", "country = XX")):
        told = terminal.told("--tenant", "demo", *asked)
        assert terminal.shown("--tenant", "demo", *asked, "--format", form, "--output", str(file)) == ""
        assert [texts(row) for row in read(file, form)] == [texts(row) for row in told]
        assert [one.name for one in tmp_path.iterdir()] == ["answer"]


def texts(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value) for name, value in row.items()
    }


def read(file: Path, form: str) -> list[dict[str, Any]]:
    if form == "parquet":
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(file).to_pylist()
        return rows
    if form == "jsonl":
        return [json.loads(line) for line in file.read_text().splitlines()]
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode(), newline="")))


def test_what_is_printed_as_sql_gives_the_same_by_hand(terminal: Terminal) -> None:
    asked = ("--tenant", "demo", "--by", "action,country", "--where", f"page != {json.dumps(HOSTILE)}")
    ((sql, parameters),) = statements(terminal.shown(*asked, "--sql"))
    by_hand = [tuple(row) for row in terminal.client.query(sql, parameters).result_rows]
    assert by_hand == figures(terminal.told(*asked), "action", "country", "events", "users", "sessions")
    assert len(by_hand) == 3


def statements(printed: str) -> list[tuple[str, dict[str, str]]]:
    """The SETs in front of each as parameters."""
    found = []
    for piece in printed.split(";\n\n"):
        sets = re.findall(r"^SET param_(\w+) = '((?:[^'\\]|\\.)*)';\n", piece, re.MULTILINE | re.DOTALL)
        parameters = {name: re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL) for name, value in sets}
        found.append((piece[piece.index("SELECT") :].strip().removesuffix(";"), parameters))
    return found


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--by", "weather"), "Invalid value for --by: 'weather' is none of: tenant, action"),
        (("--where", "weather = fine"), "Invalid value for --where: 'weather' is none of: action"),
        (("--where", "country ="), "Invalid value for --where: At column 10"),
        (("--segment", "payng"), "Invalid value for --segment: 'payng' is none of the segments: paying."),
        (("--timezone", "Europe/Lutetia"), "'Europe/Lutetia' is no time zone: expected an IANA name"),
        (("--days", "91"), "91 is not in the range 1<=x<=90"),
        (("--format", "jsonl"), "Invalid value for '--format'"),
    ],
)
def test_what_is_wrong_with_an_option_is_said(terminal: Terminal, asked: tuple[str, ...], said: str) -> None:
    done = terminal.run("--tenant", "demo", *asked)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_a_mistyped_command_is_no_question(terminal: Terminal) -> None:
    done = terminal.run("volum", "--tenant", "demo")
    assert (done.exit_code, "No such command 'volum'" in done.stderr) == (2, True)


def test_a_file_that_cannot_be_written_ends_it_with_a_sentence(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.run("--tenant", "demo", "--format", "csv", "--output", str(tmp_path / "none" / "file"))
    assert (done.exit_code, "cannot be written: No such file" in done.stderr) == (1, True)


def test_active_users_are_told_day_by_day(terminal: Terminal) -> None:
    rows = terminal.told("active", "--tenant", "demo", "--days", "2")
    assert figures(rows, "users", "week", "month", "partial") == [(2, 2, 2, ""), (1, 2, 2, "running")]
    assert re.search(r"\* +│ +1 │ +2 \* │ +2 \* │ +50\.0 % │", terminal.shown("active", "--tenant", "demo"))


def test_lifecycle_and_retention_are_of_users_or_of_tenants(terminal: Terminal) -> None:
    asked = ("--interval", "day", "--days", "2")
    rows = terminal.told("lifecycle", "--tenant", "demo", *asked)
    parts = ("new", "returning", "resurrected", "dormant")
    assert figures(rows, *parts) == [(2, 0, 0, 0), (0, 1, 0, 1)]
    assert figures(terminal.told("lifecycle", "--all-tenants", *asked), *parts) == [
        (0, 0, 1, 0),
        (1, 1, 0, 0),
    ]
    cohorts = terminal.told("retention", "--tenant", "demo", *asked)
    assert figures(cohorts, "size", "later", "active", "partial") == [
        (2, 0, 2, ""), (2, 1, 1, "running"), (0, 0, 0, "running"),
    ]  # fmt: skip
    assert re.search(r"│ +2 │ +50 % \* │", terminal.shown("retention", "--tenant", "demo", *asked))
    assert "FROM" in terminal.shown("retention", "--all-tenants", "--sql")


def test_top_values_stand_beside_those_before(terminal: Terminal) -> None:
    rows = terminal.told("top", "--tenant", "demo", "--by", "property.plan", "--rising")
    assert sorted(figures(rows, "value", "count")) == [("", 2), ("free", 1), ("pro", 1)]
    assert re.search(r"DE +│ +2 │ +50\.0 % │", terminal.shown("top", "--tenant", "demo", "--by", "country"))
    done = terminal.run("top", "--tenant", "demo", "--by", "weather")
    assert (done.exit_code, "Invalid value for --by: 'weather'" in done.stderr) == (2, True)
