"""Backups hold what the tables hold, a day each, and what has passed does not come back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from privacy.backups import Archive, Step, archives, back_up, forget, restore
from tests.conftest import Stack
from tests.queries.databases import own_database

NOW = datetime.now(UTC)
DAY = NOW.date() - timedelta(days=3)
ROWS = """
    SELECT toDate(received_at, 'UTC') AS day, count(), sum(cityHash64(*)) FROM usage_events
    GROUP BY day ORDER BY day
"""


@pytest.fixture
def client(embedded_stack: Stack) -> Iterator[Client]:
    with own_database(embedded_stack) as (_, client):
        insert(client, DAY, 100)
        insert(client, DAY + timedelta(days=1), 50)
        yield client


@pytest.fixture
def directory(embedded_stack: Stack) -> Path:
    return Path(embedded_stack.environ["SILLAGE_BACKUP_DIR"])


def insert(client: Client, day: date, rows: int) -> None:
    client.command(
        "INSERT INTO usage_events (received_at, tenant, retention_days, event_id, name) "
        f"SELECT toDateTime64('{day} 00:00:00', 3, 'UTC') + number, 'acme', 90, toString(number), 'a' "
        f"FROM numbers({rows})"
    )


def mine(client: Client, directory: Path) -> list[Archive]:
    return [one for one in archives(directory) if one.database == client.database]


def done(steps: Iterator[Step]) -> list[str]:
    return [one.done for one in steps]


def test_lost_days_come_back_as_they_were(client: Client, directory: Path) -> None:
    assert done(back_up(client, directory)) == ["made", "made"]
    before = client.query(ROWS).result_rows
    client.command("TRUNCATE TABLE usage_events")
    assert done(restore(client, directory, client.database or "", NOW)) == ["restored", "restored"]
    assert client.query(ROWS).result_rows == before


def test_a_day_is_backed_up_again_when_it_has_changed_even_if_it_has_as_many_rows(
    client: Client, directory: Path
) -> None:
    list(back_up(client, directory))
    assert done(back_up(client, directory)) == ["unchanged", "unchanged"]
    insert(client, DAY, 1)
    assert done(back_up(client, directory)) == ["made", "unchanged"]
    erase = f"ALTER TABLE usage_events DELETE IN PARTITION ID '{DAY:%Y%m%d}-90' WHERE event_id = '7'"
    client.command(erase, settings={"mutations_sync": 2})
    insert(client, DAY, 1)
    assert done(back_up(client, directory)) == ["made", "unchanged"]
    assert [one.rows for one in mine(client, directory)] == [101, 50]


def test_what_has_rows_is_left_alone_unless_that_day_is_named(client: Client, directory: Path) -> None:
    list(back_up(client, directory))
    insert(client, DAY, 1)
    assert done(restore(client, directory, client.database or "", NOW)) == ["occupied", "occupied"]
    assert done(restore(client, directory, client.database or "", NOW, frozenset([DAY]))) == [
        "restored",
        "occupied",
    ]
    assert [count for _, count, _ in client.query(ROWS).result_rows] == [100, 50]


def test_a_day_whose_retention_has_passed_does_not_come_back_and_its_archive_goes(
    client: Client, directory: Path
) -> None:
    list(back_up(client, directory))
    client.command("TRUNCATE TABLE usage_events")
    then = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) + timedelta(days=90)
    assert done(restore(client, directory, client.database or "", then)) == ["expired", "restored"]
    assert client.query("SELECT count() FROM usage_events").result_rows == [(50,)]
    assert [one.rows for one in mine(client, directory)] == [50]


def test_an_archive_that_was_cut_off_is_no_archive(client: Client, directory: Path) -> None:
    list(back_up(client, directory))
    whole = [one.file for one in mine(client, directory)]
    whole[0].rename(whole[0].with_name("20260101T000000Z-100-0.unfinished.tar"))
    assert done(back_up(client, directory)) == ["made", "unchanged"]
    assert len(list(whole[0].parent.iterdir())) == 1


def test_a_day_of_which_rows_were_erased_is_forgotten(client: Client, directory: Path) -> None:
    list(back_up(client, directory))
    forget(directory, client.database or "", "usage_events", f"{DAY:%Y%m%d}-90")
    assert [one.day for one in mine(client, directory)] == [DAY + timedelta(days=1)]


@pytest.mark.parametrize(
    "statement",
    [
        "BACKUP TABLE usage_events TO File('/tmp/stolen.tar')",
        "BACKUP TABLE usage_events TO S3('http://127.0.0.1:9/b', 'k', 's')",
        "BACKUP TABLE usage_events TO Disk('default', 'inside')",
        "RESTORE TABLE usage_events FROM File('/etc/passwd')",
        "SELECT * FROM disk('backups', 'x')",
        "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = 'backups'",
    ],
)
def test_the_embedded_engine_writes_backups_to_their_disk_alone(client: Client, statement: str) -> None:
    with pytest.raises(DatabaseError):
        client.command(statement)
