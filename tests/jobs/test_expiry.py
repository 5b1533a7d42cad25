"""What has passed is dropped, at midnight and not before, and nothing else is."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from jobs import expiry
from jobs.expiry import Dropped, StillThere, expire, expire_files
from jobs.service import pause
from privacy.retention.tables import TABLES, WITHOUT_TELEMETRY
from tests.conftest import Stack
from tests.queries.databases import own_database

NOW = datetime.now(UTC)
DAY = NOW.date() - timedelta(days=3)
"""Kept in reality, so that only what a test calls drops it: what it calls is told another day."""
Pieces = dict[tuple[date, int], int]


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


@pytest.fixture
def client(database: Client) -> Client:
    for name in (*(table.name for table in TABLES), "retention_drops"):
        database.command(f"TRUNCATE TABLE {name}")
    return database


def insert(client: Client, day: date, retention: int, rows: int = 1) -> None:
    """The last of them in the day's last millisecond."""
    last = datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(milliseconds=1)
    stamps = [last - timedelta(hours=back % 24) for back in range(rows)]
    columns = ["received_at", "occurred_at", "tenant", "retention_days", "name"]
    client.insert("usage_events", [(at, at, "acme", retention, "a") for at in stamps], column_names=columns)
    client.command(
        "INSERT INTO trace_spans (received_at, started_at, tenant, retention_days) "
        "VALUES ({at:DateTime64(3)}, {at:DateTime64(3)}, 'acme', {days:UInt8})",
        {"at": last.replace(tzinfo=None), "days": retention},
    )


def held(client: Client, table: str = "usage_events") -> Pieces:
    rows = client.query(
        f"SELECT toDate(received_at, 'UTC'), retention_days, count() FROM {table} GROUP BY ALL"
    ).result_rows
    return {(day, retention): count for day, retention, count in rows}


@pytest.mark.parametrize("retention", [7, 14, 30, 60, 90])
def test_a_day_is_kept_through_its_last_day_and_dropped_as_that_is_over(
    client: Client, retention: int
) -> None:
    insert(client, DAY, retention)
    assert not list(expire(client, DAY + timedelta(days=retention - 1)))
    assert held(client) == {(DAY, retention): 1}
    dropped = list(expire(client, DAY + timedelta(days=retention)))
    assert [(one.store, one.records) for one in dropped] == [
        ("table usage_events", 1), ("table trace_spans", 1),
    ]  # fmt: skip
    assert held(client) == {}
    assert held(client, "trace_spans") == {}


def test_over_a_leap_day_it_is_ninety_days_all_the_same(client: Client) -> None:
    day = date(2028, 1, 10)
    insert(client, day, 90)
    assert not list(expire(client, date(2028, 4, 8)))
    assert list(expire(client, date(2028, 4, 9)))


def test_a_clock_that_goes_back_drops_nothing_more(client: Client) -> None:
    insert(client, DAY, 90)
    insert(client, DAY - timedelta(days=1), 90)
    assert len(list(expire(client, DAY + timedelta(days=89)))) == 2
    assert not list(expire(client, DAY - timedelta(days=400)))
    assert held(client) == {(DAY, 90): 1}


def test_after_a_week_without_the_job_all_that_has_passed_meanwhile_goes_at_once(client: Client) -> None:
    for back in range(10):
        insert(client, DAY - timedelta(days=back), 30)
    list(expire(client, DAY + timedelta(days=27)))
    assert held(client) == {(DAY - timedelta(days=back), 30): 1 for back in range(3)}


def test_a_day_that_arrives_when_its_time_has_passed_goes_as_well(client: Client) -> None:
    insert(client, DAY, 7)
    today = DAY + timedelta(days=7)
    list(expire(client, today))
    insert(client, DAY, 7, rows=3)
    assert [one.records for one in expire(client, today) if one.store == "table usage_events"] == [3]
    assert held(client) == {}


def test_the_rows_of_a_week_of_rolls_go_day_by_day_and_tenant_by_tenant(client: Client) -> None:
    monday = NOW.date() - timedelta(days=NOW.weekday())
    rolled = [(monday, 7), (monday, 90), (monday + timedelta(days=1), 7)]
    client.insert("rolled_sessions", rolled, column_names=["day", "retention_days"])
    client.insert("rolled_days", [(day,) for day, _ in rolled[1:]], column_names=["day"])
    list(expire(client, monday + timedelta(days=7)))
    left = "SELECT day, retention_days FROM rolled_sessions ORDER BY ALL"
    assert client.query(left).result_rows == [(monday, 90), (monday + timedelta(days=1), 7)]
    list(expire(client, monday + timedelta(days=90)))
    assert client.query(left).result_rows == []
    assert client.query("SELECT day FROM rolled_days").result_rows == [(monday + timedelta(days=1),)]


def test_a_detached_part_goes_when_its_day_has_passed(client: Client) -> None:
    insert(client, DAY, 7)
    insert(client, DAY + timedelta(days=1), 7)
    client.command("ALTER TABLE usage_events DETACH PARTITION ALL")
    dropped = [one for one in expire(client, DAY + timedelta(days=7)) if one.store == "detached parts"]
    assert len(dropped) == 1
    kept = client.query("SELECT partition_id FROM system.detached_parts WHERE database = currentDatabase()")
    assert kept.result_rows == [(f"{DAY + timedelta(days=1):%Y%m%d}-7",)]


def test_two_that_do_it_at_once_drop_each_day_once(client: Client) -> None:
    for back in range(4):
        insert(client, DAY - timedelta(days=back), 7)
    today = DAY + timedelta(days=7)
    first, second = expire(client, today), expire(client, today)
    next(first)
    next(second)
    list(first)
    list(second)
    assert held(client) == {}


def test_what_is_dropped_is_noted_with_what_it_held(client: Client) -> None:
    insert(client, DAY, 7, rows=5)
    list(expire(client, DAY + timedelta(days=7)))
    noted = client.query("SELECT store, piece, records, bytes > 0 FROM retention_drops ORDER BY store DESC")
    piece = f"{DAY:%Y%m%d}-7"
    assert noted.result_rows == [
        ("table usage_events", piece, 5, True), ("table trace_spans", piece, 1, True),
    ]  # fmt: skip


def test_a_drop_that_did_nothing_is_found_by_reading_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "_DROP", "SELECT {table:String}, {id:String}")
    insert(client, DAY, 7)
    with pytest.raises(StillThere, match="usage_events"):
        list(expire(client, DAY + timedelta(days=7)))


def test_every_table_of_telemetry_is_asked(client: Client) -> None:
    assert {table.name for table in TABLES} >= {
        name
        for (name,) in client.query(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine_full LIKE '%TTL%'"
        ).result_rows
    } - set(WITHOUT_TELEMETRY)


def test_archives_of_passed_days_and_logs_without_a_new_line_are_emptied(tmp_path: Path) -> None:
    backups, logs = tmp_path / "backups", tmp_path / "logs"
    logs.mkdir()
    for partition in ("20260801-90", "20260801-7", "20261101-90"):
        folder = backups / "sillage" / "usage_events" / partition
        folder.mkdir(parents=True)
        (folder / "20260801T000000Z-1-0.tar").write_bytes(b"rows")
    now = datetime(2026, 10, 29, 23, 59, tzinfo=UTC)
    for name, days in {"quiet.log": 31, "busy.log": 29}.items():
        (logs / name).write_text("log begun 2026-09-01T00:00:00+00:00\n")
        written = (now - timedelta(days=days)).timestamp()
        os.utime(logs / name, (written, written))
    dropped: list[Dropped] = []
    expire_files(backups, logs, now, dropped.append)
    assert {(one.store, one.piece) for one in dropped} == {
        ("backups", "20260801-7/20260801T000000Z-1-0.tar"), ("logs", "quiet.log"),
    }  # fmt: skip
    assert (logs / "quiet.log").read_text() == ""
    expire_files(backups, logs, now + timedelta(minutes=1), dropped.append)
    assert [file.name for file in (backups / "sillage" / "usage_events").iterdir()] == ["20261101-90"]


def test_the_next_round_is_at_midnight_at_the_latest() -> None:
    assert pause(datetime(2026, 11, 25, 12, 0, tzinfo=UTC), 60) == 60
    assert pause(datetime(2026, 11, 25, 23, 59, 50, tzinfo=UTC), 60) == 10
