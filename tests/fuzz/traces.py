"""Target: an OTLP request in either encoding, from its body to the record that goes to Kafka."""

from collections import Counter

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from ingest import spans
from ingest.delivery import SpansDelivery
from ingest.otlp.answers import spans_answer, status_answer
from ingest.otlp.encodings import Encoding
from ingest.otlp.pieces import Cutter
from ingest.refusals import RefuseRequest
from schemas.spans import is_resource_spans_alone
from tests.fuzz.choices import Choices
from tests.fuzz.tenants import RULES, TENANTS

PIECES = (40, 100, 300, 1_000, 100_000)
"""Bytes that a piece has at most."""
SECRET = "s3cr3t-a"
NAMES = ("user.email", "url.full", "enduser.role", "net.peer.ip", "client.address", "user.id", "http.url")


def fuzz(data: bytes) -> None:
    """Any body: refused by name, or a record that nothing is planted in, by its own field or an attribute."""
    choices = Choices(data)
    tenant, objects = choices.of(TENANTS), choices.yes()
    encoding = choices.of((Encoding.PROTOBUF, Encoding.JSON))
    planted = choices.yes()
    body = _planted(choices) if planted else choices.rest()
    if planted:
        encoding = Encoding.PROTOBUF
    delivery = SpansDelivery(
        body=body, tenant=tenant, rules=RULES, encoding=encoding, objects=objects, received_at=1
    )
    try:
        spans.take(delivery)
    except RefuseRequest as error:
        assert status_answer(error.refusal, encoding).status == error.refusal.status
        assert not planted or error.refusal.status == 400
        return
    assert spans_answer(encoding, delivery.refused).status == 200
    spans.receipt(delivery).count()
    if not delivery.accepted:
        return
    record = spans.record(delivery)
    assert is_resource_spans_alone(record.value), "a field of its own survives"
    assert len(record.key) == 16
    sent = ExportTraceServiceRequest.FromString(record.value)
    sizes = [len(one.spans) for each in sent.resource_spans for one in each.scope_spans]
    assert sum(sizes) == delivery.accepted
    assert not planted or SECRET.encode() not in record.value, "a secret survives"
    _check_pieces(record.value, choices.of(PIECES))


def _check_pieces(whole: bytes, most_bytes: int) -> None:
    """Whatever its bytes are, a request in pieces has the spans that it had, but those that are too large."""
    cutter = Cutter(most_bytes)
    pieces = list(cutter.pieces(whole))
    assert all(is_resource_spans_alone(piece) and len(piece) <= most_bytes for piece in pieces)
    left = sorted(span for piece in pieces for span in _spans(piece))
    wanted = Counter(_spans(whole))
    wanted.subtract(left)
    assert min(wanted.values(), default=0) >= 0, "a span is another one in its piece"
    assert wanted.total() == cutter.too_large, "a span is lost"


def _spans(value: bytes) -> list[bytes]:
    request = ExportTraceServiceRequest.FromString(value)
    return [
        span.SerializeToString(deterministic=True)
        for resource_spans in request.resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]


def _planted(choices: Choices) -> bytes:
    """A valid span with secrets in attributes, and anything around them."""
    made = ExportTraceServiceRequest()
    resource_spans = made.resource_spans.add()
    scope_spans = resource_spans.scope_spans.add()
    span = scope_spans.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name=_safe(choices))
    holders = (resource_spans.resource, scope_spans.scope, span, span.events.add(), span.links.add())
    while choices.are_left:
        holder = choices.of(holders)
        holder.attributes.append(_attribute(choices, choices.byte() % 4))
    return bytes(made.SerializeToString())


def _attribute(choices: Choices, depth: int) -> KeyValue:
    if not depth:
        if choices.yes():
            return KeyValue(key=choices.of(NAMES), value=AnyValue(string_value=SECRET))
        return KeyValue(key=_safe(choices), value=AnyValue(string_value=_safe(choices)))
    inner = AnyValue(kvlist_value=KeyValueList(values=[_attribute(choices, depth - 1)]))
    if choices.yes():
        inner = AnyValue(array_value=ArrayValue(values=[inner]))
    return KeyValue(key=_safe(choices), value=inner)


def _safe(choices: Choices) -> str:
    return choices.text().encode("utf-8", "replace").decode().replace(SECRET, "")
