"""Whoever breaks the promise, by mistake or not, is found by the check that is made for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)  # fmt: skip

from jobs.expiry import expire
from privacy.retention.history import JOB
from privacy.retention.inventory import STORES
from privacy.retention.reading import Reach
from privacy.retention.report import report
from runtime.kafka import Admin
from runtime.settings import KafkaSettings
from schemas.topics import USAGE

pytestmark = pytest.mark.long

TODAY = datetime.now(UTC).date()


def found(ways: Reach, ahead: timedelta = timedelta()) -> dict[str, list[str]]:
    """The stores in which something is wrong, by the clock of this machine, so far ahead."""
    said = report(ways, datetime.now(UTC) + ahead, (*STORES, JOB))
    assert said.ok == (not said.faults)
    return {one.store: one.faults for one in said.findings if one.faults}


def only(ways: Reach, store: str, **ahead: timedelta) -> str:
    """What is said of this store, the only one of which anything is said."""
    faults = found(ways, **ahead)
    assert faults.keys() == {store}
    return " ".join(faults[store])


@pytest.fixture(scope="module", autouse=True)
def _another_database(client: Client) -> Iterator[None]:
    with changed(client, "CREATE DATABASE elsewhere ENGINE = Atomic", "DROP DATABASE elsewhere"):
        yield


@pytest.fixture(autouse=True)
def _before_and_after_nothing_is_wrong(ways: Reach) -> Iterator[None]:
    assert found(ways) == {}
    yield
    assert found(ways) == {}


@contextmanager
def changed(client: Client, statement: str, back: str) -> Iterator[None]:
    client.command(statement)
    try:
        yield
    finally:
        client.command(back)


def test_a_ttl_that_was_removed(ways: Reach, client: Client) -> None:
    back = "ALTER TABLE usage_events MODIFY TTL toDateTime(toDate(received_at, 'UTC'), 'UTC') + toIntervalDay(retention_days)"  # noqa: E501
    with changed(client, "ALTER TABLE usage_events REMOVE TTL", back):
        assert "ttl is none" in only(ways, "table usage_events")


def test_a_drop_job_that_was_stopped(ways: Reach, client: Client) -> None:
    day = TODAY - timedelta(days=7)
    with changed(client, "SYSTEM STOP TTL MERGES", "SYSTEM START TTL MERGES"):
        client.command(
            "INSERT INTO usage_events (received_at, tenant, retention_days) "
            f"SELECT toDateTime64('{day} 23:59:59.999', 3, 'UTC'), 'acme', 7 FROM numbers(3)"
        )
        said = found(ways)
        assert said["table usage_events"] == ["3 are past the limit."]
        assert said.keys() == {"table usage_events", "projections"}
        assert [one.records for one in expire(client, TODAY)] == [3]


def test_a_scheduler_that_is_gone(ways: Reach) -> None:
    assert "sillage jobs" in " ".join(found(ways, timedelta(hours=3))[JOB.name])


def test_a_topic_that_keeps_longer(ways: Reach) -> None:
    admin = Admin(ways.kafka)

    def keep(milliseconds: str) -> None:
        entry = ConfigEntry("retention.ms", milliseconds, incremental_operation=AlterConfigOpType.SET)
        topic = ConfigResource(ResourceType.TOPIC, USAGE.name, incremental_configs=[entry])
        admin.incremental_alter_configs([topic])[topic].result()

    keep("8640000000")
    try:
        assert "retention.ms is 8640000000" in only(ways, f"topic {USAGE.name}")
    finally:
        keep(USAGE.config["retention.ms"])


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("sillage.usage_copy", "anything String"),
        ("elsewhere.somebodys_copy", "tenant String, at DateTime"),
    ],
)
def test_a_stray_table(ways: Reach, client: Client, name: str, columns: str) -> None:
    make = f"CREATE TABLE {name} ({columns}) ENGINE = MergeTree ORDER BY tuple()"
    with changed(client, make, f"DROP TABLE {name}"):
        assert name in only(ways, "other tables")


def test_a_table_of_somebody_elses_is_none_of_ours(ways: Reach, client: Client) -> None:
    make = "CREATE TABLE elsewhere.weather (at DateTime, celsius Float64) ENGINE = MergeTree ORDER BY at"
    with changed(client, make, "DROP TABLE elsewhere.weather"):
        assert found(ways) == {}


def test_a_stray_topic(ways: Reach) -> None:
    admin = Admin(ways.kafka)
    admin.create_topics([NewTopic("sillage.copy", 1, 1)])["sillage.copy"].result()
    try:
        assert "sillage.copy" in only(ways, "other topics")
    finally:
        admin.delete_topics(["sillage.copy"])["sillage.copy"].result()


def test_a_roll_that_keeps_too_long(ways: Reach, client: Client) -> None:
    back = "ALTER TABLE rolled_sessions MODIFY TTL day + toIntervalDay(retention_days)"
    with changed(client, "ALTER TABLE rolled_sessions MODIFY TTL day + INTERVAL 400 DAY", back):
        assert "ttl is day + toIntervalDay(400)" in only(ways, "table rolled_sessions")


def test_a_roll_that_holds_what_has_passed(ways: Reach, client: Client) -> None:
    with changed(client, "SYSTEM STOP TTL MERGES", "SYSTEM START TTL MERGES"):
        client.insert(
            "rolled_pages", [(TODAY - timedelta(days=90), 90)], column_names=["day", "retention_days"]
        )
        assert "1 is past the limit" in only(ways, "table rolled_pages")
        list(expire(client, TODAY))


def test_a_part_that_was_detached_and_forgotten(ways: Reach, client: Client) -> None:
    day = TODAY - timedelta(days=30)
    with changed(client, "SYSTEM STOP TTL MERGES", "SYSTEM START TTL MERGES"):
        client.insert(
            "trace_spans",
            [(datetime(day.year, day.month, day.day), 30)],
            column_names=["received_at", "retention_days"],
        )
        client.command("ALTER TABLE trace_spans DETACH PARTITION ALL")
        assert "1 is past the limit" in only(ways, "detached parts")
        list(expire(client, TODAY))


@pytest.mark.parametrize("days", [-1, 1])
def test_the_clock_of_a_host_that_is_off_by_a_day(ways: Reach, days: int) -> None:
    assert "24.0 hours apart" in " ".join(found(ways, timedelta(days=days))["clocks"])


UNREACHABLE: dict[str, Callable[[Reach], Reach]] = {
    f"topic {USAGE.name}": lambda ways: replace(
        ways, kafka=KafkaSettings(kafka_bootstrap_servers="127.0.0.1:9")
    ),
    "spool": lambda ways: replace(ways, collectors=("http://127.0.0.1:9/metrics",)),
    "backups": lambda ways: replace(ways, backups=ways.backups and ways.backups / "elsewhere"),
}


@pytest.mark.parametrize("store", UNREACHABLE)
def test_a_store_that_cannot_be_reached(ways: Reach, store: str) -> None:
    said = found(UNREACHABLE[store](ways))
    assert "Cannot be measured" in " ".join(said[store])
    assert all(name.split()[0] == store.split()[0] or "topic" in name for name in said)


def test_a_collector_that_is_not_named(ways: Reach) -> None:
    assert "SILLAGE_COLLECTOR_METRICS_URLS" in only(replace(ways, collectors=()), "spool")


def test_a_table_that_cannot_be_read(ways: Reach, client: Client) -> None:
    with changed(client, "DETACH TABLE rolled_pages", "ATTACH TABLE rolled_pages"):
        assert "Cannot be measured" in only(ways, "table rolled_pages")
