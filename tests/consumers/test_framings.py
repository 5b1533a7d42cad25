"""One suite over both framings: from the collector's step that frames a batch to the rows of it.

`tests/schemas/test_framing.py` holds the prefixes, `tests/registry` a real registry's part in it.
"""

import dataclasses
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import Message, Producer

from consumers.batch import Pending
from consumers.claims import Claims
from consumers.errors import RetryLater
from consumers.inserts import Inserter
from consumers.record import Record
from consumers.usage import UsageSink
from consumers.usage_batches import BatchDecoder, Undecodable, batch_id
from consumers.writer_schemas import WriterSchemas
from ingest import usage
from ingest.framing import WITHOUT_REGISTRY
from schemas.framing import Confluent, Framing
from schemas.topics import SCHEMAS
from schemas.usage import BATCH, Schema
from tests.conftest import Stack
from tests.consumers.landing import AGENT, PLACE, TOPIC_ID
from tests.consumers.test_usage_sink import batch, encoded
from tests.ingest.deliveries import delivery, made_registry, rules
from tests.queries.databases import own_database

NEWER: Schema = BATCH | {"fields": [*BATCH["fields"], {"name": "more", "type": "string", "default": ""}]}


def some_id() -> int:
    """An id that no other test has published."""
    return uuid.uuid4().int >> 96


FRAMINGS: list[Framing] = [WITHOUT_REGISTRY, Confluent(some_id())]
both_framings = pytest.mark.parametrize("framing", FRAMINGS, ids=lambda framing: type(framing).__name__)


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


def publish(stack: Stack, framing: Framing, schema: Schema = BATCH) -> None:
    """As each collector does at its start."""
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap_servers})
    producer.produce(SCHEMAS.name, json.dumps(schema).encode(), key=framing.frame(b""))
    assert producer.flush(10) == 0


def collected(directory: Path, framing: Framing) -> tuple[bytes, list[str]]:
    """A record's value as the collector makes it, and its events' ids."""
    made = delivery(made_registry(directory), rules=dataclasses.replace(rules(), framing=framing))
    usage.take(made)
    return usage.record(made).value, [str(event.event_id) for event in made.batch.events]


def store(stack: Stack, client: Client, values: list[bytes]) -> int:
    """What the consumer does with these records; gives the number of INSERTs."""
    sink = UsageSink(TOPIC_ID, WriterSchemas(stack.kafka, None), lambda _: AGENT, lambda _: PLACE)
    claims = Claims(client, sink, TOPIC_ID)
    groups: defaultdict[bytes, list[Pending]] = defaultdict(list)
    for offset, value in enumerate(values):
        group, parts = sink.prepare(Record(offset, value, b"demo", time.time_ns() // 1_000_000))
        groups[group].append((Message(topic=sink.topic.name, value=value, partition=0, offset=offset), parts))
    for group, items in groups.items():
        Inserter(client, sink, claims).store(group, items, {0: 0}, refuse)
    return len(groups)


def refuse(message: Message, detail: str) -> None:
    raise AssertionError(f"offset {message.offset()} is refused: {detail}")


def stored_ids(client: Client) -> set[str]:
    return {row[0] for row in client.query("SELECT toString(event_id) FROM usage").result_rows}


@both_framings
def test_what_the_collector_frames_the_consumer_stores(
    stack: Stack, client: Client, tmp_path: Path, framing: Framing
) -> None:
    publish(stack, framing)
    value, ids = collected(tmp_path, framing)
    assert value.startswith(framing.frame(b""))
    assert store(stack, client, [value]) == 1
    assert stored_ids(client) == set(ids)


@both_framings
def test_a_framed_batch_is_decoded_to_what_it_was(stack: Stack, framing: Framing) -> None:
    publish(stack, framing)
    written = batch(events=[])
    value = framing.frame(encoded(written))
    decode = BatchDecoder(WriterSchemas(stack.kafka, None)).decode
    assert decode(value) == written
    assert batch_id(value) == written["batch_id"]
    with pytest.raises(Undecodable):
        decode(value[:-1])


def test_a_topic_with_both_framings_and_two_schemas_is_stored_schema_by_schema(
    stack: Stack, client: Client
) -> None:
    newer = Confluent(some_id())
    publish(stack, newer, NEWER)
    publish(stack, FRAMINGS[1])
    written = [batch(events=[batch()["events"][0] | {"event_id": uuid.uuid4().bytes}]) for _ in range(6)]
    values = [
        FRAMINGS[number % 2].frame(encoded(one))
        if number < 4
        else newer.frame(encoded(one | {"more": "text"}, NEWER))
        for number, one in enumerate(written)
    ]
    client.command("ALTER TABLE usage_batches ADD COLUMN more String")
    assert store(stack, client, values) == 3
    assert stored_ids(client) == {str(uuid.UUID(bytes=one["events"][0]["event_id"])) for one in written}


def test_a_registrys_id_that_nobody_has_published_is_waited_for(stack: Stack) -> None:
    unknown = Confluent(some_id())
    with pytest.raises(RetryLater, match="SILLAGE_SCHEMA_REGISTRY_URL is not set"):
        WriterSchemas(stack.kafka, None)(unknown.frame(b""))
