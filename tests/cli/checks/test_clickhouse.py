"""ClickHouse: reachable, new enough, migrated, expiring as declared."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from cli.checks import Verdict, clickhouse
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.cli.checks.asking import examined, found, free_port
from tests.conftest import Stack
from tests.queries.databases import own_database

OK, LOOK, BROKEN = Verdict


def test_what_needs_a_broken_part_is_not_asked(stack: Stack) -> None:
    environ = stack.environ | {"SILLAGE_CLICKHOUSE_URL": f"http://127.0.0.1:{free_port()}"}
    findings = examined(environ, stack.data_dir, "clickhouse", "migrations", "expiry")
    assert [finding.verdict for finding in findings] == [BROKEN, LOOK, LOOK]
    assert findings[1].remedy == "First mend `clickhouse`."


def test_a_wrong_password_is_broken(stack: Stack) -> None:
    finding = found(stack, "clickhouse", SILLAGE_CLICKHOUSE_PASSWORD="wrong")
    assert finding.verdict is BROKEN
    assert "SILLAGE_CLICKHOUSE_PASSWORD" in finding.remedy


def test_a_malformed_url_is_broken(stack: Stack) -> None:
    finding = found(stack, "clickhouse", SILLAGE_CLICKHOUSE_URL="clickhouse:9000")
    assert finding.verdict is BROKEN
    assert "SILLAGE_CLICKHOUSE_URL" in finding.remedy


@pytest.mark.parametrize(
    ("version", "verdict"), [("25.12.9.61", BROKEN), ("26.1.3", BROKEN), ("26.2.1.1", OK), ("27.1", OK)]
)
def test_an_old_clickhouse_is_broken(version: str, verdict: Verdict) -> None:
    finding = clickhouse.judge_version(version, "http://127.0.0.1")
    assert finding.verdict is verdict
    assert verdict is OK or "Upgrade ClickHouse to 26.2 or newer." in finding.remedy


@pytest.fixture
def database(stack: Stack) -> Iterator[tuple[str, Client]]:
    with own_database(stack) as name_and_client:
        yield name_and_client


def test_a_database_that_never_was_migrated_is_broken_and_left_alone(stack: Stack) -> None:
    finding = found(stack, "migrations", SILLAGE_CLICKHOUSE_DATABASE="not_there")
    assert (finding.verdict, finding.remedy) == (BROKEN, "Run `sillage migrate`.")
    databases = connect(load(QuerySettings, stack.environ)).query("SHOW DATABASES").result_rows
    assert ("not_there",) not in databases


@pytest.mark.parametrize(
    ("change", "saw", "remedy"),
    [
        ("DELETE WHERE number >= 7", "wait, 007_active_by_day.sql first", "Run `sillage migrate`."),
        ("UPDATE checksum = 'x' WHERE number = 2", "002_usage_batches.sql was edited", "Restore it"),
    ],
)
def test_migrations_that_wait_or_were_edited_are_broken(
    stack: Stack, database: tuple[str, Client], change: str, saw: str, remedy: str
) -> None:
    name, client = database
    client.command(f"ALTER TABLE migrations {change} SETTINGS mutations_sync = 2")
    finding = found(stack, "migrations", SILLAGE_CLICKHOUSE_DATABASE=name)
    assert finding.verdict is BROKEN
    assert saw in finding.saw
    assert remedy in finding.remedy


@pytest.mark.parametrize("table", ["usage_events", "trace_spans"])
@pytest.mark.parametrize(
    ("change", "saw", "remedy"),
    [
        ("REMOVE TTL", "has ttl = nothing", "MODIFY TTL toDateTime(toDate(received_at, 'UTC'), 'UTC')"),
        (
            "MODIFY TTL toDateTime(received_at) + toIntervalDay(365)",
            "has ttl = toDateTime(received_at) + toIntervalDay(365)",
            "MODIFY TTL toDateTime(toDate(received_at, 'UTC'), 'UTC')",
        ),
        ("MODIFY SETTING ttl_only_drop_parts = 0", "ttl_only_drop_parts = 0", "ttl_only_drop_parts = 1"),
    ],
)
def test_events_that_expire_otherwise_than_declared_are_broken_and_the_remedy_mends_them(
    stack: Stack, database: tuple[str, Client], table: str, change: str, saw: str, remedy: str
) -> None:
    name, client = database
    client.command(f"ALTER TABLE {table} {change}")
    finding = found(stack, "expiry", SILLAGE_CLICKHOUSE_DATABASE=name)
    assert finding.verdict is BROKEN
    assert saw in finding.saw
    assert remedy in finding.remedy
    client.command(finding.remedy.split("`")[1])
    assert found(stack, "expiry", SILLAGE_CLICKHOUSE_DATABASE=name).verdict is OK
