"""Which offsets are stored, against plain sets and against the real table."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given
from hypothesis import strategies as st

from consumers.stored import Offsets, read_stored
from tests.conftest import Stack
from tests.consumers.landing import TOPIC_ID
from tests.queries.databases import own_database


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


def runs(offsets: set[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for offset in sorted(offsets):
        if found and found[-1][1] == offset - 1:
            found[-1] = found[-1][0], offset
        else:
            found.append((offset, offset))
    return found


@given(st.sets(st.integers(0, 60)), st.integers(0, 70))
def test_offsets_hold_what_was_put_into_them(offsets: set[int], asked: int) -> None:
    held = Offsets(runs(offsets))
    assert (asked in held) == (asked in offsets)
    assert bool(held) == bool(offsets)


def test_what_is_stored_is_read_from_each_partitions_first_offset_on(client: Client) -> None:
    stored = {0: {1, 2, 3, 7, 8, 20}, 1: {2, 3}, 5: {4}}
    rows = [
        f"(unhex('{topic.hex()}'), {partition}, {offset}, 'demo', 90, now64(3))"
        for topic, partitions in ((TOPIC_ID, stored), (b"o" * 16, {0: {10, 11}}))
        for partition, offsets in partitions.items()
        for offset in offsets
        for _ in range(2)
    ]
    columns = "topic_id, kafka_partition, kafka_offset, tenant, retention_days, received_at"
    client.command(f"INSERT INTO usage_events ({columns}) VALUES {', '.join(rows)}")
    found = read_stored(client, "usage_events", TOPIC_ID, {0: 3, 1: 0, 2: 0})
    assert {p: {o for o in range(30) if o in offsets} for p, offsets in found.items()} == {
        0: {3, 7, 8, 20},
        1: {2, 3},
        2: set(),
    }
