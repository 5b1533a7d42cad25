"""Records that an earlier version wrote and that wait in Kafka, on a real ClickHouse."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from consumers.errors import StopConsuming
from tests.conftest import Stack
from tests.consumers.landing import OneConsumer, content
from tests.queries.databases import own_database
from tests.two_texts import two_texts

TWO_TEXTS = json.loads(Path(__file__).with_name("usage_batch_two_texts.avsc").read_text())
HARD: dict[str, Any] = {
    "plan": 'pro "\\\0\n😀',
    "seats": 12.0,
    "huge": 1e20,
    "tiny": 5e-324,
    "trial": True,
    "": "",
}


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


def with_two_texts(*properties: dict[str, Any]) -> dict[str, Any]:
    """A batch in the shape of its time."""
    batch = content(events=len(properties))
    for event, mapping in zip(batch["events"], properties, strict=True):
        del event["properties_json"]
        names, values = two_texts(mapping)
        event["properties"] = {"names": names, "values": values}
    return batch


def properties(client: Client) -> list[dict[str, Any]]:
    rows = client.query("SELECT properties FROM usage ORDER BY kafka_offset, length(properties_json)")
    return [row[0] for row in rows.result_rows]


def test_properties_as_two_texts_are_stored_as_if_they_had_been_json(client: Client) -> None:
    consumer = OneConsumer(client, schema=TWO_TEXTS)
    consumer.store([consumer.pending(1, with_two_texts({}, {"plan": "pro"}, HARD))])
    assert properties(client) == [{}, {"plan": "pro"}, HARD]


def test_earlier_and_later_records_are_stored_side_by_side(client: Client) -> None:
    earlier, later = OneConsumer(client, schema=TWO_TEXTS), OneConsumer(client)
    earlier.store([earlier.pending(1, with_two_texts(HARD))])
    later.store([later.pending(2, content(events=1)), later.pending(3, content(events=0))])
    assert properties(client) == [HARD, {"plan": "pro"}]


def test_tables_of_an_earlier_version_stop_the_consumer_and_bury_nothing(stack: Stack) -> None:
    with own_database(stack, last=15) as (_, client):
        consumer = OneConsumer(client)
        with pytest.raises(StopConsuming, match="sillage migrate"):
            consumer.store([consumer.pending(1, content())])
        assert consumer.buried == []
