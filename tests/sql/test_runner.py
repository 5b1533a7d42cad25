"""The migration runner, on a database of its own in the real engine."""

import uuid
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from schemas import usage
from sql import runner
from tests.conftest import Stack


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    database = f"migrations_{uuid.uuid4().hex}"
    settings = load(QuerySettings, stack.environ | {"SILLAGE_CLICKHOUSE_DATABASE": database})
    runner.create_database(connect(settings, "default"), database)
    client = connect(settings)
    yield client
    client.command(f"DROP DATABASE {database}")


def apply_all(client: Client) -> None:
    for migration in runner.pending(client):
        runner.apply(client, migration)


def test_every_migration_is_applied_once_and_in_order(client: Client) -> None:
    assert [migration.number for migration in runner.pending(client)] == list(
        range(1, len(runner.read_migrations()) + 1)
    )
    apply_all(client)
    assert runner.pending(client) == []


def test_an_edited_migration_is_refused(client: Client) -> None:
    apply_all(client)
    client.command(
        "ALTER TABLE migrations UPDATE checksum = 'edited' WHERE number = 2 SETTINGS mutations_sync = 2"
    )
    with pytest.raises(runner.MigrationRefused, match=r"002_usage_batches\.sql was edited"):
        runner.pending(client)


def test_a_database_of_a_newer_version_is_refused(client: Client) -> None:
    apply_all(client)
    client.command("INSERT INTO migrations VALUES (999, '999_future.sql', 'x', now())")
    with pytest.raises(runner.MigrationRefused, match="newer"):
        runner.pending(client)


def test_the_landing_table_has_the_fields_of_the_stored_schema(client: Client) -> None:
    apply_all(client)
    columns = client.query(
        "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'usage_batches'"
    )
    assert {row[0] for row in columns.result_rows} == {
        *usage.columns(usage.stored_schema(usage.BATCH)),
        "events.properties",  # of records that an earlier version wrote
    }


@pytest.mark.parametrize(
    ("retention", "age_days", "visible"), [(90, 89, True), (90, 90, False), (7, 6, True), (7, 7, False)]
)
def test_a_day_is_visible_until_its_retention_has_passed(
    client: Client, retention: int, age_days: int, visible: bool
) -> None:
    apply_all(client)
    client.command("ALTER TABLE usage_events REMOVE TTL")  # so that the floor alone decides
    client.command(
        "INSERT INTO usage_events (received_at, tenant, retention_days)"
        f" SELECT toStartOfDay(now('UTC')) - toIntervalDay({age_days}), 'demo', {retention}"
    )
    assert client.query("SELECT count() FROM usage_events").result_rows == [(1,)]
    for view in ("usage", "usage_by_hour", "usage_by_day", "active_by_day"):
        assert client.query(f"SELECT count() FROM {view}").result_rows == [(int(visible),)], view


def test_what_has_passed_its_retention_is_dropped_by_the_engine(client: Client) -> None:
    apply_all(client)
    for age_days in (89, 90):
        client.command(
            "INSERT INTO usage_events (received_at, tenant, retention_days)"
            f" SELECT toStartOfDay(now('UTC')) - toIntervalDay({age_days}), 'demo', 90"
        )
    client.command("OPTIMIZE TABLE usage_events FINAL")
    assert client.query(
        "SELECT dateDiff('day', received_at, now('UTC'), 'UTC') FROM usage_events"
    ).result_rows == [(89,)]


def test_a_retention_that_is_not_offered_is_refused_by_the_table(client: Client) -> None:
    apply_all(client)
    with pytest.raises(Exception, match="retention"):
        client.command(
            "INSERT INTO usage_events (received_at, tenant, retention_days) SELECT now(), 'demo', 365"
        )
