"""What travels keeps its form: versions read what their neighbours write, and today's tables take it all."""

import copy
import io
import itertools
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import fastavro
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import Message
from fastavro.utils import generate_one
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from consumers.errors import StopConsuming
from consumers.inserts import Inserter
from consumers.record import read_record
from consumers.spans import SpanSink
from schemas import span_landing, usage
from tests.conftest import Stack
from tests.consumers.landing import TOPIC_ID, OneConsumer, content, rows
from tests.consumers.spans import OneSpanConsumer, request, span
from tests.queries.databases import own_database
from tests.upgrade.history import HISTORY, Frozen, Schema
from tests.upgrade.resolution import carried_over, shared, values
from tests.upgrade.versions import next_schema, with_field

NEXT = next_schema(usage.BATCH)
NEIGHBOURS = [
    *itertools.pairwise([one.batch for one in HISTORY] + [NEXT]),
    *itertools.pairwise([one.stored for one in HISTORY] + [usage.stored_schema(NEXT)]),
]
FIRST_FIELDS = ["client_ip", "user_agent", "batch_id"]
"""The consumer finds them by their place."""


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


def test_the_newest_frozen_version_is_this_one() -> None:
    """Whoever changes a form writes it into a new directory of tests/upgrade/history, and this says so."""
    newest = HISTORY[-1]
    assert [one.number for one in HISTORY] == list(range(1, len(HISTORY) + 1))
    assert newest.batch == usage.BATCH
    assert newest.additions == usage.ADDITIONS
    assert newest.spans_proto == span_landing.PROTO


@settings(max_examples=20)
@given(st.data())
@pytest.mark.parametrize(("older", "newer"), NEIGHBOURS)
def test_neighbours_read_what_the_other_wrote(older: Schema, newer: Schema, data: st.DataObject) -> None:
    for writer, reader in ((older, newer), (newer, older)):
        content = data.draw(values(writer))
        assert carried_over(writer, reader, content) == shared(content, reader)


@pytest.mark.parametrize("frozen", HISTORY, ids=str)
def test_the_consumers_landmarks_stay_in_their_places(frozen: Frozen) -> None:
    assert [field["name"] for field in frozen.batch["fields"]][:3] == FIRST_FIELDS


def without(schema: Schema, name: str) -> Schema:
    return schema | {"fields": [field for field in schema["fields"] if field["name"] != name]}


def retyped(schema: Schema, name: str, kind: str) -> Schema:
    fields = copy.deepcopy(schema["fields"])
    next(field for field in fields if field["name"] == name)["type"] = kind
    return schema | {"fields": fields}


@pytest.mark.parametrize(
    "newer",
    [
        with_field(usage.BATCH, name="edition", type="string"),
        without(usage.BATCH, "sdk"),
        retyped(usage.BATCH, "sent_at", "string"),
        retyped(usage.BATCH, "sdk", "long"),
    ],
    ids=["a field without a default", "a field gone", "a number as text", "a text as number"],
)
def test_what_is_no_compatible_change_is_found_out(newer: Schema) -> None:
    @settings(max_examples=20, phases=[Phase.generate])  # no smaller example is wanted
    @given(st.data())
    def both_ways(data: st.DataObject) -> None:
        test_neighbours_read_what_the_other_wrote.hypothesis.inner_test(usage.BATCH, newer, data)  # type: ignore[attr-defined]

    with pytest.raises((fastavro.read.SchemaResolutionError, KeyError)):
        both_ways()


@pytest.mark.parametrize("frozen", HISTORY, ids=str)
@pytest.mark.parametrize("what", ["usage", "spans"])
def test_headers_of_every_version_are_read_and_unknown_ones_passed_over(frozen: Frozen, what: str) -> None:
    received_at = time.time_ns() // 1_000_000
    stamps = {"received_at": usage.pack_received_at(received_at)}
    carried: Any = [(name, stamps.get(name, value)) for name, value in frozen.headers[what]]
    for headers in (carried, [*carried, ("edition", b"next")], [("edition", b"next"), *carried]):
        message = Message(topic="t", value=b"v", headers=headers, timestamp=(2, received_at), offset=1)
        record = read_record(message)
        assert (record.tenant, record.received_at) == (b"acme", received_at)
        assert record.retention_days == dict(carried).get("retention_days", b"")


def usage_container(frozen: Frozen, claim: int) -> tuple[bytes, int]:
    """One record of that version as its consumer inserts it, and how many events it has."""
    now = time.time_ns() // 1_000_000
    content: Any = generate_one(fastavro.parse_schema(frozen.stored))
    content |= {
        "tenant": "demo", "received_at": now, "sent_at": 0, "retention_days": 90, "kafka_partition": 0,
        "kafka_offset": 0, "topic_id": TOPIC_ID, "claim": claim, "seal": usage.SEAL,
        "events": [one | {"at": now} for one in content["events"]],
    }  # fmt: skip
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(frozen.stored), [content])
    return out.getvalue(), len(content["events"])


@pytest.mark.parametrize("frozen", HISTORY, ids=str)
def test_tables_take_the_usage_inserts_of_every_version(frozen: Frozen, client: Client) -> None:
    consumer = OneConsumer(client)
    consumer.claims.ensure({0: 0}, 1)
    body, events = usage_container(frozen, consumer.claims[0].claim)
    columns = usage.columns(frozen.stored)
    with pytest.raises(ClickHouseError, match="edition"):
        client.raw_insert("usage_batches", column_names=[*columns, "edition"], insert_block=body, fmt="Avro")
    client.raw_insert("usage_batches", column_names=columns, insert_block=body, fmt="Avro")
    assert events
    assert rows(client) == {(0, 0): events}


def test_records_that_the_tables_cannot_take_stop_the_consumer_and_bury_nothing(client: Client) -> None:
    newer = with_field(usage.BATCH, name="edition", type="string", default="")
    foreign = retyped(usage.BATCH, "sent_at", "string")
    for schema, written, said in (
        (newer, content(edition="next"), "migrate` of the newest version"),
        (foreign, content(sent_at="soon"), "let the version that wrote the records store them"),
    ):
        consumer = OneConsumer(client, schema=schema)
        with pytest.raises(StopConsuming, match=said):
            consumer.store([consumer.pending(1, written)])
        assert consumer.buried == []


class EarlierSpanSink(SpanSink):
    """The sink of that version, which names the columns and the message that it knew."""

    def __init__(self, frozen: Frozen) -> None:
        super().__init__(TOPIC_ID)
        self.settings = {**SpanSink.settings, "format_schema": frozen.spans_proto}
        (message,) = re.findall(r"message SpanBatch {(.*?)}", frozen.spans_proto, re.S)
        self._own_columns = re.findall(r"(\w+) = \d+;", message)

    def columns(self, _group: bytes) -> Sequence[str]:
        return self._own_columns


@pytest.mark.parametrize("frozen", HISTORY, ids=str)
def test_tables_take_the_span_inserts_of_every_version(frozen: Frozen, client: Client) -> None:
    consumer = OneSpanConsumer(client)
    consumer.sink = EarlierSpanSink(frozen)
    consumer.inserter = Inserter(client, consumer.sink, consumer.claims)
    consumer.store_requests(request(span(), span()), request(span()))
    ((stored,),) = client.query("SELECT count() FROM trace_spans").result_rows
    assert stored == 3
