"""Whose clock is believed: `occurred_at` as the landing view makes it, on a real ClickHouse."""

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.conftest import Stack
from tests.consumers.landing import OneConsumer, content
from tests.queries.databases import own_database

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
UNDER_WAY = 30 * SECOND
COLUMNS = "toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(client_at)"


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (name, _):
        yield connect(load(QuerySettings, stack.environ), name)


@pytest.fixture
def arrived() -> int:
    return time.time_ns() // 1_000_000


def times(client: Client, batches: list[tuple[int, int]], arrived: int) -> list[tuple[int, int]]:
    """Occurred and client's time of one event a batch, each of which is (`at`, `sent_at`)."""
    consumer, items = OneConsumer(client), []
    for offset, (at, sent_at) in enumerate(batches):
        one: dict[str, Any] = content(1, sent_at=sent_at)
        one["events"][0]["at"] = at
        items.append(consumer.pending(offset, one, arrived=arrived))
    consumer.store(items)
    sql = f"SELECT {COLUMNS} FROM usage_events ORDER BY kafka_offset"
    return [(occurred, at) for occurred, at in client.query(sql).result_rows]


@pytest.mark.parametrize(
    ("sent_before_arrival", "corrected"),
    [
        (0, False),
        (1, False),
        (10 * SECOND, False),
        (UNDER_WAY, False),
        (UNDER_WAY + 1, True),
        (5 * MINUTE, True),
        (24 * HOUR, True),
        (-1, True),
        (-10 * SECOND, True),
        (-HOUR, True),
    ],
)
def test_a_clock_that_is_wrong_is_corrected_and_the_way_is_not_taken_for_a_wrong_clock(
    client: Client, arrived: int, sent_before_arrival: int, corrected: bool
) -> None:
    sent = arrived - sent_before_arrival
    at = sent - 5 * SECOND
    ((occurred, kept),) = times(client, [(at, sent)], arrived)
    assert occurred == (arrived - 5 * SECOND if corrected else at)
    assert kept == at


def test_who_does_not_say_when_it_was_sent_is_believed_but_never_beyond_the_arrival(
    client: Client, arrived: int
) -> None:
    found = times(client, [(arrived - HOUR, 0), (arrived + HOUR, 0)], arrived)
    assert found == [(arrived - HOUR, arrived - HOUR), (arrived, arrived + HOUR)]


def model(at: int, sent: int, arrived: int) -> int:
    """What docs/reference/clocks.md says, in other words."""
    skew = arrived - sent
    is_the_way = 0 <= skew <= UNDER_WAY
    return min(at if sent == 0 or is_the_way else at + skew, arrived)


def test_any_clock_is_treated_as_the_reference_says(client: Client, arrived: int) -> None:
    chance = random.Random(16)
    spans = (0, 1, SECOND, UNDER_WAY - 1, UNDER_WAY, UNDER_WAY + 1, HOUR, 40 * 24 * HOUR, arrived)
    batches = []
    for _ in range(200):
        sent = max(
            0, arrived + chance.choice((-1, 1)) * chance.choice((*spans, chance.randrange(2 * UNDER_WAY)))
        )
        at = max(0, sent - chance.choice((-1, 1)) * chance.choice(spans))
        batches.append((at, sent))
    found = times(client, batches, arrived)
    assert found == [(model(at, sent, arrived), at) for at, sent in batches]
    assert len({occurred for occurred, _ in found}) > 20
