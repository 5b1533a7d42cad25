"""From a record of `sillage.spans` to rows: nothing is lost, nothing is stored twice, nothing is forged."""

import base64
import math
import time
from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from consumers.errors import Fenced
from consumers.record import DeadRecord, Record
from consumers.spans import SpanSink
from schemas.dead_letter import Reason
from schemas.spans import nested_json, record_key, varint
from tests.conftest import Stack
from tests.consumers.landing import TOPIC_ID
from tests.consumers.spans import OneSpanConsumer, request, span, span_id, trace_id
from tests.otlp import any_value, key_values
from tests.queries.databases import own_database


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


@pytest.fixture
def client(database: Client) -> Client:
    database.command("TRUNCATE TABLE trace_spans")
    return database


def rows(client: Client, columns: str, table: str = "spans") -> list[Any]:
    return list(client.query(f"SELECT {columns} FROM {table} ORDER BY kafka_offset, started_at").result_rows)


def attributes_of(client: Client) -> tuple[dict[str, str], dict[str, str]]:
    """The texts and the types of the one span that is stored."""
    ((texts, types),) = rows(client, "attributes, attribute_types")
    return texts, dict(zip(texts, types, strict=True))


def test_each_field_of_a_span_is_stored(client: Client) -> None:
    trace, parent, linked = trace_id(), span_id(), trace_id()
    made = span(
        "POST /invoices",
        {"session.id": "s-1", "user.id": "pseudonym", "http.response.status_code": 503},
        trace_id=trace,
        parent_span_id=parent,
        trace_state="vendor=1",
        flags=0x101,
        status=Status(code=Status.STATUS_CODE_ERROR, message="no room"),
        events=[
            Span.Event(time_unix_nano=7, name="exception", attributes=key_values({"exception.type": "E"}))
        ],
        links=[
            Span.Link(
                trace_id=linked,
                span_id=parent,
                trace_state="x=y",
                flags=1,
                attributes=key_values({"n": 3}),
            )
        ],
        dropped_attributes_count=1,
        dropped_events_count=2,
        dropped_links_count=3,
    )
    export = request(made, **{"service.version": "2"})
    scope = export.resource_spans[0].scope_spans[0].scope
    scope.name, scope.version = "asgi", "0.1"
    scope.attributes.extend(key_values({"scoped": True}))
    OneSpanConsumer(client).store_requests(export)
    (row,) = client.query("SELECT * FROM spans").named_results()
    assert row["service"] == "atelier"
    assert row["resource"] == {"service.name": "atelier", "service.version": "2"}
    assert (row["name"], row["kind"], row["duration_ns"]) == ("POST /invoices", "server", 5_000_000)
    assert (row["trace_id"], row["span_id"]) == (trace.hex(), made.span_id.hex())
    assert (row["parent_span_id"], row["trace_state"], row["flags"]) == (parent.hex(), "vendor=1", 0x101)
    assert (row["status"], row["status_message"], row["http_status"]) == ("error", "no room", 503)
    assert (row["session_id"], row["user_id"]) == ("s-1", "pseudonym")
    assert (row["scope_name"], row["scope_version"]) == ("asgi", "0.1")
    assert (row["scope_attributes"], row["scope_types"]) == ({"scoped": "true"}, ["bool"])
    assert (row["events.name"], row["events.attributes"]) == (["exception"], [{"exception.type": "E"}])
    assert (row["links.trace_id"], row["links.span_id"]) == ([linked.hex()], [parent.hex()])
    assert (row["links.trace_state"], row["links.flags"]) == (["x=y"], [1])
    assert row["links.attributes"] == [{"n": "3"}]
    assert rows(client, "dropped", "trace_spans") == [({"attributes": 1, "events": 2, "links": 3},)]
    assert rows(client, "toUnixTimestamp64Nano(started_at)") == [(made.start_time_unix_nano,)]


VALUES = {
    "empty": ("", "string", ""),
    "text": ("é\U0001f6a2", "string", "é\U0001f6a2"),
    "127": ("x" * 127, "string", "x" * 127),
    "128": ("y" * 128, "string", "y" * 128),
    "16383": ("z" * 16_383, "string", "z" * 16_383),
    "16384": ("z" * 16_384, "string", "z" * 16_384),
    "64 KB": ("w" * 65_536, "string", "w" * 65_536),
    "true": (True, "bool", "true"),
    "false": (False, "bool", "false"),
    "zero": (0, "int", "0"),
    "200": (200, "int", "200"),
    "most": ((1 << 63) - 1, "int", str((1 << 63) - 1)),
    "least": (-(1 << 63), "int", str(-(1 << 63))),
    "minus one": (-1, "int", "-1"),
    "quarter": (0.25, "double", "0.25"),
    "no fraction": (0.0, "double", "0"),
    "nan": (math.nan, "double", "nan"),
    "infinite": (math.inf, "double", "inf"),
    "bytes": (b"\0\xff", "bytes", base64.b64encode(b"\0\xff").decode()),
    "none": (None, "none", ""),
}
"""A value, its type, its text."""


def test_a_value_keeps_its_type_and_its_text(client: Client) -> None:
    OneSpanConsumer(client).store_requests(
        request(span(attributes={name: value for name, (value, _, _) in VALUES.items()}))
    )
    texts, types = attributes_of(client)
    assert texts == {name: text for name, (_, _, text) in VALUES.items()}
    assert types == {name: kind for name, (_, kind, _) in VALUES.items()}


def test_any_integer_is_read_as_it_was_written(client: Client) -> None:
    numbers = [sign * ((1 << bits) + more) for bits in range(63) for more in (-1, 0, 1) for sign in (-1, 1)]
    OneSpanConsumer(client).store_requests(request(span(attributes={str(n): n for n in numbers})))
    texts, types = attributes_of(client)
    assert texts == {str(n): str(n) for n in numbers}
    assert set(types.values()) == {"int"}


def test_an_array_and_a_list_are_shown_as_the_json_that_the_collector_wrote(client: Client) -> None:
    made = span(attributes={"array": ["a", 1], "list": {"k": [True]}, "bare": [2]})
    for attribute, text in zip(made.attributes, ('["a",1]', '{"k":[true]}'), strict=False):
        attribute.value.MergeFromString(nested_json(text.encode()))
    OneSpanConsumer(client).store_requests(request(made))
    texts, types = attributes_of(client)
    bare = base64.b64encode(any_value([2]).SerializeToString()).decode()
    assert texts == {"array": '["a",1]', "list": '{"k":[true]}', "bare": bare}
    assert types == {"array": "array", "list": "kvlist", "bare": "array"}


def test_a_thousand_attributes_are_kept(client: Client) -> None:
    many = {f"attribute.{n}": f"value {n}" for n in range(1_000)}
    OneSpanConsumer(client).store_requests(request(span(attributes=many)))
    assert attributes_of(client)[0] == many


def test_a_span_that_ends_before_it_starts_took_no_time_and_says_so(client: Client) -> None:
    now = time.time_ns()
    OneSpanConsumer(client).store_requests(
        request(span(start_time_unix_nano=now, end_time_unix_nano=now - 3_000_000))
    )
    assert rows(client, "duration_ns, ends_before_start") == [(0, 1)]
    assert rows(client, "duration_ns", "trace_spans") == [(-3_000_000,)]


@pytest.mark.parametrize("start", [0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_any_time_is_taken(client: Client, start: int) -> None:
    OneSpanConsumer(client).store_requests(
        request(span(start_time_unix_nano=start, end_time_unix_nano=start))
    )
    assert rows(client, "count(), sum(duration_ns)", "trace_spans GROUP BY kafka_offset, started_at") == [
        (1, 0)
    ]


def test_an_unknown_kind_and_status_do_not_hold_up_their_neighbours(client: Client) -> None:
    consumer = OneSpanConsumer(client)
    odd = span()
    raw = request(odd).SerializeToString().replace(b"\x30\x02", b"\x30\x63")  # kind 99
    consumer.store([consumer.pending_spans(1, raw), consumer.pending_spans(2, _whole())])
    assert not consumer.buried
    assert [offset for (offset,) in rows(client, "kafka_offset")] == [1, 2]


def test_spans_of_several_services_and_scopes_in_one_request_keep_theirs(client: Client) -> None:
    export = request(span("a1"), span("a2"), service="a")
    export.resource_spans.append(request(span("b1"), service="b").resource_spans[0])
    more = export.resource_spans[0].scope_spans.add()
    more.scope.name = "other"
    more.spans.append(span("a3"))
    OneSpanConsumer(client).store_requests(export)
    found = client.query("SELECT service, scope_name, name FROM spans ORDER BY name").result_rows
    assert found == [("a", "", "a1"), ("a", "", "a2"), ("a", "other", "a3"), ("b", "", "b1")]


def test_a_request_without_resource_scope_or_spans_is_no_fault(client: Client) -> None:
    consumer = OneSpanConsumer(client)
    bare = request()
    bare.resource_spans[0].ClearField("resource")
    bare.resource_spans.add()
    consumer.store_requests(bare, request(span()))
    assert not consumer.buried
    assert len(rows(client, "service")) == 1


def _whole() -> bytes:
    return bytes(request(span()).SerializeToString())


def test_a_malformed_record_dies_alone(client: Client) -> None:
    consumer = OneSpanConsumer(client)
    inner = b"\x12\x7f\x0a"  # scope_spans that claim more bytes than there are
    malformed = b"\x0a" + varint(len(inner)) + inner
    values = [_whole(), malformed, _whole()]
    consumer.store([consumer.pending_spans(offset, value) for offset, value in enumerate(values, 1)])
    assert consumer.buried == [2]
    assert [offset for (offset,) in rows(client, "kafka_offset")] == [1, 3]


def test_a_clients_retry_leaves_no_second_rows(client: Client) -> None:
    consumer = OneSpanConsumer(client)
    value = _whole()
    start = time.time_ns()
    key = record_key(start, value)

    def pending(offset: int) -> Any:
        made = consumer.pending_spans(offset, value)[0]
        record = Record(offset, value, b"demo", start // 1_000_000, key, bytes([90]))
        return made, consumer.sink.prepare(record)[1]

    consumer.store([pending(1), pending(2)])
    consumer.store([pending(3)])
    assert rows(client, "kafka_offset") == [(1,)]


def test_what_is_stored_already_is_not_stored_again(client: Client) -> None:
    first, second = OneSpanConsumer(client), OneSpanConsumer(client)
    values = [_whole() for _ in range(3)]
    first.store([first.pending_spans(offset, value) for offset, value in enumerate(values[:2])])
    second.store([second.pending_spans(offset, value) for offset, value in enumerate(values)])
    assert rows(client, "kafka_offset") == [(0,), (1,), (2,)]


def test_a_consumer_that_lost_its_claim_stores_nothing(client: Client) -> None:
    frozen, successor = OneSpanConsumer(client), OneSpanConsumer(client)
    frozen.store([frozen.pending_spans(0, _whole())])
    successor.store([successor.pending_spans(1, _whole())])
    with pytest.raises(Fenced):
        frozen.store([frozen.pending_spans(2, _whole())])
    assert rows(client, "kafka_offset") == [(0,), (1,)]


FORGED = b"\xa2\x06\x05other"  # field 100: the tenant
SWALLOWING = b"\x7a\x7f"  # field 15, of 127 bytes that only what is appended could give


@pytest.mark.parametrize("forged", [FORGED, SWALLOWING, b"\x0a\x7f", b"\x08\x01", b"\x0a"])
def test_a_record_that_would_forge_what_is_appended_is_dead(forged: bytes) -> None:
    record = Record(1, _whole() + forged, b"demo", 0, bytes(16), bytes([90]))
    with pytest.raises(DeadRecord) as death:
        SpanSink(TOPIC_ID).prepare(record)
    assert death.value.reason is Reason.NOT_OTLP


def test_without_that_check_the_forgery_would_succeed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: what the check is for."""
    monkeypatch.setattr("schemas.spans.is_resource_spans_alone", lambda _: True)
    consumer = OneSpanConsumer(client)
    now = time.time_ns() // 1_000_000
    swallowed = consumer.sink.prepare(Record(1, b"", b"demo", now, bytes(16), bytes([90])))[1][1]
    value = _whole() + FORGED + b"\x7a" + varint(len(swallowed))
    consumer.store([consumer.pending_spans(1, value, now)])
    assert [tenant for (tenant,) in rows(client, "tenant", "trace_spans")] != ["demo"]


@pytest.mark.parametrize(("key", "days"), [(b"", b"\x5a"), (bytes(15), b"\x5a"), (bytes(16), b"")])
def test_a_record_without_key_or_retention_is_dead(key: bytes, days: bytes) -> None:
    with pytest.raises(DeadRecord) as death:
        SpanSink(TOPIC_ID).prepare(Record(1, _whole(), b"demo", 0, key, days))
    assert death.value.reason is Reason.HEADER_MISSING


@given(st.binary(max_size=40))
def test_whatever_a_value_holds_it_is_stored_or_dead(value: bytes) -> None:
    try:
        SpanSink(TOPIC_ID).prepare(Record(1, value, b"demo", 0, bytes(16), b"\x5a"))
    except DeadRecord as death:
        assert death.reason is Reason.NOT_OTLP


@given(
    st.lists(st.tuples(st.binary(max_size=300), st.binary(max_size=9), st.binary(max_size=9)), max_size=40)
)
def test_a_body_has_each_record_behind_its_length_and_says_its_own(records: list[tuple[bytes, ...]]) -> None:
    body = SpanSink(TOPIC_ID).body(b"", len(records), [part for parts in records for part in parts])
    whole = b"".join(body.pieces)
    assert whole == b"".join(varint(len(record)) + record for record in map(b"".join, records))
    assert body.size == len(whole)
