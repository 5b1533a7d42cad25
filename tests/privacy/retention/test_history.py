"""The checks that were made, and the times in which none was."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from jobs.checks import check
from privacy.retention.history import JOB, Check, Gap, checks, gaps
from privacy.retention.reading import Reach
from runtime.settings import KafkaSettings
from tests.conftest import Stack
from tests.queries.databases import own_database

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
NO_KAFKA = KafkaSettings(kafka_bootstrap_servers="127.0.0.1:9")


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


def test_a_check_is_kept_with_what_it_found_though_most_stores_cannot_be_reached(client: Client) -> None:
    found = check(client, Reach(lambda: client, NO_KAFKA, ()), NOW, HOUR)
    assert not found.ok
    (kept,) = checks(client, NOW - HOUR)
    assert (kept.at, kept.interval, kept.ok, kept.faults) == (NOW, HOUR, False, found.faults)
    assert any(fault.startswith("spool: Cannot be measured") for fault in kept.faults)


def test_the_job_is_missed_once_two_checks_of_it_are(client: Client) -> None:
    ways = Reach(lambda: client, NO_KAFKA, ())
    assert "No check was ever made" in JOB.measure(ways, NOW).problem
    check(client, ways, NOW, HOUR)
    assert not JOB.measure(ways, NOW + 2 * HOUR).problem
    assert JOB.measure(ways, NOW + 2 * HOUR + timedelta(seconds=1)).problem


def test_a_time_without_a_check_is_a_gap_and_may_last_still() -> None:
    made = [Check(NOW + hours * HOUR, HOUR, ok=True, overdue=0, faults=[]) for hours in (0, 1, 3, 6)]
    assert list(gaps(made, NOW + 8 * HOUR)) == [Gap(NOW + 3 * HOUR, NOW + 6 * HOUR)]
    assert list(gaps(made, NOW + 9 * HOUR))[-1] == Gap(NOW + 6 * HOUR, NOW + 9 * HOUR)
    assert list(gaps([], NOW)) == []
