import base64
import json
from typing import Any

import pytest
from google.protobuf import json_format

from ingest import spans
from ingest.otlp.encodings import Encoding
from ingest.otlp.from_json import MOST_NESTED
from ingest.otlp.reading import read_request
from ingest.refusals import Refusal, RefuseRequest, SpanRefusal
from tests.ingest.otlp.requests import delivery, planted, request, text

SPAN: dict[str, Any] = {"traceId": "5b" * 16, "spanId": "EE" * 8, "name": "n"}


def in_json(**changes: Any) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [SPAN | changes]}]}]}).encode()


def code(body: bytes, encoding: Encoding) -> Refusal:
    with pytest.raises(RefuseRequest) as raised:
        read_request(body, encoding)
    return raised.value.refusal


def test_a_body_that_needs_nothing_goes_on_byte_for_byte() -> None:
    body = planted("event", text("a", "b")).SerializeToString() + b"\x0a\x04\xf2\x3f\x01x"
    one = delivery(body)
    spans.take(one)
    assert spans.record(one).value is body


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"\xff", Refusal.NOT_OTLP),
        (b'{"resourceSpans": []}', Refusal.NOT_OTLP),
        (request(name="n").SerializeToString() + b"\xa2\x06\x01x", Refusal.FOREIGN_FIELDS),
        (b"\xa2\x06\x01x" + request().SerializeToString(), Refusal.FOREIGN_FIELDS),
        (request().SerializeToString() + b"\x12\x7f", Refusal.NOT_OTLP),
        (request().SerializeToString() + b"\x0a\x7f", Refusal.NOT_OTLP),
        (request().SerializeToString() + b"\x0b", Refusal.NOT_OTLP),
        (request().SerializeToString() + b"\x0b\x0c", Refusal.FOREIGN_FIELDS),
    ],
)
def test_no_body_may_write_what_is_appended_to_it(body: bytes, refusal: Refusal) -> None:
    assert code(body, Encoding.PROTOBUF) is refusal


def test_a_body_that_nests_without_end_is_refused() -> None:
    raw = b"\x0a\x01x"
    for tag in b"\x0a\x2a" * 2_000 + b"\x12\x4a\x12\x12\x0a":
        raw = bytes((tag,)) + _length(raw) + raw
    assert code(raw, Encoding.PROTOBUF) is Refusal.NOT_OTLP
    assert (
        code(in_json(attributes=[{"key": "x", "value": _nested(MOST_NESTED + 2)}]), Encoding.JSON)
        is Refusal.TOO_DEEP
    )
    assert code(b'{"unknown":' + b"[" * 100_000, Encoding.JSON) is Refusal.TOO_DEEP
    assert read_request(in_json(attributes=[{"key": "x", "value": _nested(MOST_NESTED)}]), Encoding.JSON)


def _length(raw: bytes) -> bytes:
    number, out = len(raw), b""
    while number > 127:
        number, out = number >> 7, out + bytes((number & 127 | 128,))
    return out + bytes((number,))


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(depth):
        value = {"kvlistValue": {"values": [{"key": "k", "value": value}]}}
    return value


def test_json_is_what_protobuf_says_it_is_but_for_ids() -> None:
    made = planted("list in an array", text("é", "\x00"))
    span = made.resource_spans[0].scope_spans[0].spans[0]
    span.status.code, span.flags, span.links.add().trace_state = 2, 257, "a=b"
    for name in ("bool_value", "int_value", "double_value", "bytes_value"):
        value: Any = {"bytes_value": b"\xff\xfe", "int_value": -(1 << 63)}.get(name, True)
        setattr(span.attributes.add(key=name).value, name, value)
    written = json_format.MessageToDict(made)
    (scoped,) = written["resourceSpans"][0]["scopeSpans"]
    for name in ("traceId", "spanId"):
        scoped["spans"][0][name] = base64.b64decode(scoped["spans"][0][name]).hex()
    scoped["spans"][0]["kind"], scoped["spans"][0]["status"]["code"] = 2, 2
    scoped["unknown"] = {"a": [1]}
    assert read_request(json.dumps(written).encode(), Encoding.JSON)[0] == made


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "SPAN_KIND_SERVER"}, {"startTimeUnixNano": "soon"}, {"startTimeUnixNano": -1},
        {"flags": 1 << 32},
        {"attributes": {}}, {"links": [{"traceId": "xyz"}]}, {"name": 7}, {"startTimeUnixNano": "9" * 20},
        {"attributes": [{"key": "x", "value": {"bytesValue": "?"}}]},
        {"attributes": [{"key": "x", "value": {"doubleValue": "much"}}]},
    ],
)  # fmt: skip
def test_json_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    assert code(in_json(**changes), Encoding.JSON) is Refusal.NOT_OTLP


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"{}x", b"\x0a\x00"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    assert code(body, Encoding.JSON) is Refusal.NOT_JSON


def test_numbers_may_be_texts_and_null_is_absent() -> None:
    body = in_json(startTimeUnixNano="17", endTimeUnixNano=18, parentSpanId=None, attributes=None)
    span = read_request(body, Encoding.JSON)[0].resource_spans[0].scope_spans[0].spans[0]
    assert (span.start_time_unix_nano, span.end_time_unix_nano, span.trace_id) == (17, 18, b"\x5b" * 16)


def test_half_an_emoji_does_not_cost_the_request() -> None:
    body = in_json(name="?").replace(b'"?"', b'"a\\ud83d"')
    assert read_request(body, Encoding.JSON)[0].resource_spans[0].scope_spans[0].spans[0].name == "a\ufffd"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"trace_id": b""}, SpanRefusal.TRACE_ID_INVALID),
        ({"trace_id": bytes(16)}, SpanRefusal.TRACE_ID_INVALID),
        ({"trace_id": b"t" * 17}, SpanRefusal.TRACE_ID_INVALID),
        ({"span_id": bytes(8)}, SpanRefusal.SPAN_ID_INVALID),
        ({"span_id": b"s" * 7}, SpanRefusal.SPAN_ID_INVALID),
        ({"parent_span_id": b"p"}, SpanRefusal.PARENT_SPAN_ID_INVALID),
    ],
)
def test_a_span_without_usable_ids_is_refused_and_its_neighbours_are_taken(
    changes: dict[str, bytes], reason: SpanRefusal
) -> None:
    made = request(**changes)
    made.MergeFrom(request(parent_span_id=b"p" * 8))
    one = delivery(made.SerializeToString())
    spans.take(one)
    assert (one.accepted, dict(one.refused)) == (1, {reason: 1})
    sent, _ = read_request(spans.record(one).value, Encoding.PROTOBUF)
    assert [len(each.scope_spans[0].spans) for each in sent.resource_spans] == [0, 1]
    in_json_one = delivery(in_json(traceId="xyz"), Encoding.JSON)
    spans.take(in_json_one)
    assert dict(in_json_one.refused) == {SpanRefusal.TRACE_ID_INVALID: 1}


@pytest.mark.parametrize("start", [0, 1, 9_300_000_000_000_000_000, (1 << 64) - 1])
def test_any_time_is_taken(start: int) -> None:
    one = delivery(request(start_time_unix_nano=start, end_time_unix_nano=0).SerializeToString())
    spans.take(one)
    assert int.from_bytes(spans.record(one).key[:6], "big") == start // 1_000_000


def test_a_thousand_attributes_and_long_values_are_taken() -> None:
    many = [text(f"a{number}", "v") for number in range(1_000)] + [text("long", "x" * 65_536)]
    body = request(attributes=many).SerializeToString()
    one = delivery(body)
    spans.take(one)
    assert spans.record(one).value == body
