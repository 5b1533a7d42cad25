"""Requests that one record of Kafka does not hold: as several, each of which is known by its key."""

import json
import random
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue

from ingest import span_records
from ingest.otlp.encodings import Encoding
from ingest.otlp.places import MOST_PARTS
from ingest.otlp.reading import MOST_JSON_OBJECTS
from ingest.record import MOST_VALUE_BYTES, Record
from ingest.refusals import Refusal, RefuseRequest, SpanRefusal
from schemas.spans import first_start_ns, record_key, varint
from tests.ingest.otlp.requests import delivery, request, text

SPANS = 5_000


def large(spans: int = SPANS, **changes: Any) -> ExportTraceServiceRequest:
    """Some 2.5 MB, of two services."""
    made, chance = ExportTraceServiceRequest(), random.Random(1)
    for service in ("billing", "search"):
        resource_spans = made.resource_spans.add(schema_url="https://opentelemetry.io/schemas/1.27.0")
        resource_spans.resource.attributes.append(text("service.name", service))
        scope_spans = resource_spans.scope_spans.add(schema_url="https://opentelemetry.io/schemas/1.26.0")
        scope_spans.scope.name = "tests"
        for _ in range(spans // 2):
            given = {"span_id": chance.randbytes(8), "attributes": [text("text", "x" * 400)]} | changes
            one = request(**given).resource_spans[0].scope_spans[0].spans[0]
            scope_spans.spans.append(one)
    return made


def merged(records: list[Record]) -> ExportTraceServiceRequest:
    """The records' requests as one, neighbours of one resource and scope put together again."""
    whole = ExportTraceServiceRequest()
    for record in records:
        for resource_spans in ExportTraceServiceRequest.FromString(record.value).resource_spans:
            last = whole.resource_spans[-1] if whole.resource_spans else None
            if last and last.resource == resource_spans.resource:
                last.scope_spans[0].spans.extend(resource_spans.scope_spans[0].spans)
            else:
                whole.resource_spans.append(resource_spans)
    return whole


def in_json(made: ExportTraceServiceRequest) -> bytes:
    written = json_format.MessageToDict(made, use_integers_for_enums=True)
    for resource_spans, plain in zip(written["resourceSpans"], made.resource_spans, strict=True):
        spans = zip(resource_spans["scopeSpans"][0]["spans"], plain.scope_spans[0].spans, strict=True)
        for span, one in spans:
            for written_as, known in zip([span, *span.get("links", [])], [one, *one.links], strict=True):
                written_as["traceId"], written_as["spanId"] = known.trace_id.hex(), known.span_id.hex()
            span["parentSpanId"] = one.parent_span_id.hex()
    return json.dumps(written).encode()


@pytest.mark.parametrize("encoding", Encoding)
def test_a_large_request_becomes_several_records_that_are_it_again(encoding: Encoding) -> None:
    made = large()
    body = made.SerializeToString() if encoding is Encoding.PROTOBUF else in_json(made)
    records, receipt = span_records.of_large(delivery(body, encoding))
    assert (receipt.accepted, receipt.refused) == (SPANS, {})
    assert len(records) > 1
    assert all(len(record.value) <= MOST_VALUE_BYTES for record in records)
    assert merged(records) == made
    assert len({record.key for record in records}) == len(records)
    for record in records:
        start = first_start_ns(ExportTraceServiceRequest.FromString(record.value))
        assert record.key == record_key(start, record.value)
    again, _ = span_records.of_large(delivery(body, encoding))
    assert again == records


def test_each_piece_is_minimised_and_checked_as_a_request_is() -> None:
    made = large(attributes=[text("user.email", "ada@example.org"), text("text", "x" * 400)])
    made.resource_spans[1].scope_spans[0].spans[7].span_id = b""
    records, receipt = span_records.of_large(delivery(made.SerializeToString()))
    assert (receipt.accepted, receipt.refused) == (SPANS - 1, {SpanRefusal.SPAN_ID_INVALID: 1})
    assert not any(b"ada@example" in record.value for record in records)


def test_a_span_that_no_record_holds_is_refused_by_name_and_the_others_are_taken() -> None:
    made = large()
    made.resource_spans[0].scope_spans[0].spans[9].attributes.append(text("long", "x" * MOST_VALUE_BYTES))
    records, receipt = span_records.of_large(delivery(made.SerializeToString()))
    assert (receipt.accepted, receipt.refused) == (SPANS - 1, {SpanRefusal.SPAN_TOO_LARGE: 1})
    assert sum(len(one.scope_spans[0].spans) for one in merged(records).resource_spans) == SPANS - 1
    alone = request(attributes=[text("long", "x" * 2 * MOST_VALUE_BYTES)])
    records, receipt = span_records.of_large(delivery(alone.SerializeToString()))
    assert (records, receipt.accepted) == ([], 0)
    assert receipt.refused == {SpanRefusal.SPAN_TOO_LARGE: 1}


def test_hard_shapes_are_taken_in_pieces_as_they_are() -> None:
    many = [text(f"a{number}", "v") for number in range(1_000)] + [text("long", "x" * 65_536)]
    made = large(
        60, attributes=many, events=[{"name": "e", "attributes": many}], links=[{"attributes": many}]
    )
    body = made.SerializeToString()
    assert len(body) > 14_000_000
    records, receipt = span_records.of_large(delivery(body))
    assert (receipt.accepted, receipt.refused) == (60, {})
    assert merged(records) == made


def array(size: int) -> Any:
    return AnyValue(array_value=ArrayValue(values=[AnyValue(string_value="v" * size)]))


def listing(spans: int) -> ExportTraceServiceRequest:
    """Spans that grow by the JSON of what nests in them to twice their size."""
    return large(spans, attributes=[{"key": "list", "value": array(900)}])


def test_a_small_request_that_grows_beyond_a_record_by_its_json_becomes_several() -> None:
    body = listing(900).SerializeToString()
    assert len(body) <= MOST_VALUE_BYTES
    records, receipt = span_records.of_small(delivery(body))
    assert (receipt.accepted, len(records)) == (900, 2)
    assert sum(record.value.count(b"v" * 900) for record in records) == 2 * 900


def test_a_span_that_grows_beyond_a_record_is_refused_alone() -> None:
    made = listing(2_000)
    made.resource_spans[0].scope_spans[0].spans[3].attributes.add(key="l", value=array(700_000))
    records, receipt = span_records.of_large(delivery(made.SerializeToString()))
    assert (receipt.accepted, receipt.refused) == (1_999, {SpanRefusal.SPAN_TOO_LARGE: 1})
    assert all(len(record.value) <= MOST_VALUE_BYTES for record in records)
    assert sum(record.value.count(b"v" * 900) for record in records) == 2 * 1_999


def held(tag: bytes, content: bytes) -> bytes:
    return tag + varint(len(content)) + content


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (held(b"\n", held(b"\x12", b"\x12\0" * MOST_PARTS)), Encoding.PROTOBUF),
        (held(b"\n", b"\x12\0" * MOST_PARTS), Encoding.PROTOBUF),
        (b"\n\0" * (MOST_PARTS + 1), Encoding.PROTOBUF),
        (b'{"resourceSpans":[%s{}]}' % (b"{}," * MOST_JSON_OBJECTS), Encoding.JSON),
    ],
)
def test_a_body_of_very_many_empty_parts_is_too_large(body: bytes, encoding: Encoding) -> None:
    with pytest.raises(RefuseRequest) as raised:
        span_records.of_large(delivery(body, encoding))
    assert raised.value.refusal is Refusal.BODY_TOO_LARGE


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (large(4_000).SerializeToString() + b"\xa2\x06\x01x", Refusal.FOREIGN_FIELDS),
        (large(4_000).SerializeToString()[:-1], Refusal.NOT_OTLP),
        (large(4_000).SerializeToString() + b"\x0a\x7f", Refusal.NOT_OTLP),
        (large(4_000).SerializeToString().replace(b"x" * 400, b"\xff" * 400, 1), Refusal.NOT_OTLP),
        (b"\xff" * 2_000_000, Refusal.NOT_OTLP),
    ],
)
def test_a_large_request_is_refused_as_a_small_one_is(body: bytes, refusal: Refusal) -> None:
    with pytest.raises(RefuseRequest) as raised:
        span_records.of_large(delivery(body))
    assert raised.value.refusal is refusal
