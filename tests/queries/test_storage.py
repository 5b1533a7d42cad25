from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from queries.storage import TableStatus, missing_tables, tables
from tests.conftest import Stack
from tests.queries.databases import insert_event, own_database


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        client.command("ALTER TABLE usage_events REMOVE TTL")  # what is overdue must stay for the test
        yield client


def usage_events(client: Client) -> TableStatus:
    """What is told of this table."""
    (found,) = [table for table in tables(client) if table.name == "usage_events"]
    return found


def test_an_empty_table_has_no_days(client: Client) -> None:
    table = usage_events(client)
    assert (table.name, table.rows, table.parts, table.bytes) == ("usage_events", 0, 0, 0)
    assert (table.oldest_day, table.newest_day, table.overdue_days) == (None, None, 0)


def test_a_table_tells_its_rows_days_and_rate(client: Client) -> None:
    for days_ago in (0, 0, 3, 89):
        insert_event(client, days_ago, retention_days=90)
    table = usage_events(client)
    today = datetime.now(UTC).date()
    assert (table.rows, table.overdue_days) == (4, 0)
    assert table.bytes > 0
    assert (today - timedelta(days=89), today) == (table.oldest_day, table.newest_day)
    assert table.rows_per_second == pytest.approx(2 / 60)


@pytest.mark.parametrize(
    ("days_ago", "retention_days", "overdue"), [(89, 90, 0), (90, 90, 1), (6, 7, 0), (7, 7, 1), (30, 14, 1)]
)
def test_a_day_is_overdue_once_its_retention_has_passed(
    client: Client, days_ago: int, retention_days: int, overdue: int
) -> None:
    insert_event(client, days_ago, retention_days)
    assert usage_events(client).overdue_days == overdue


def test_a_day_that_only_one_tenant_keeps_for_too_long_is_overdue_once(client: Client) -> None:
    for retention_days in (7, 14, 90):
        insert_event(client, 20, retention_days)
    assert usage_events(client).overdue_days == 1


def test_every_table_and_view_that_the_migrations_create_is_missed(client: Client) -> None:
    assert missing_tables(client) == []
    client.command("DROP VIEW usage_by_day")
    client.command("DROP VIEW usage_unpack")
    client.command("DROP TABLE usage_batches")
    assert missing_tables(client) == ["usage_batches", "usage_by_day", "usage_unpack"]
