"""OTLP requests of a test's own, and a consumer of them without Kafka."""

import itertools
import time
from typing import Any

from confluent_kafka import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from consumers.batch import Pending
from consumers.record import Record
from consumers.sink import Sink
from consumers.spans import SpanSink
from schemas.spans import record_key
from tests.consumers.landing import TOPIC_ID, OneConsumer
from tests.otlp import key_values

_ids = itertools.count(1)
Attributes = dict[str, Any]


def trace_id() -> bytes:
    return time.time_ns().to_bytes(8, "big") + next(_ids).to_bytes(8, "big")


def span_id() -> bytes:
    return next(_ids).to_bytes(8, "big")


def span(name: str = "GET /invoices", attributes: Attributes | None = None, **changes: Any) -> Span:
    """One span of 5 ms that began now."""
    start = time.time_ns()
    whole: Any = {
        "trace_id": trace_id(),
        "span_id": span_id(),
        "kind": Span.SPAN_KIND_SERVER,
        "start_time_unix_nano": start,
        "end_time_unix_nano": start + 5_000_000,
    }
    return Span(name=name, attributes=key_values(attributes or {}), **(whole | changes))


def request(*spans: Span, service: str = "atelier", **resource: Any) -> ExportTraceServiceRequest:
    """An export of these spans by one service."""
    made = ExportTraceServiceRequest()
    of_service = made.resource_spans.add()
    of_service.resource.attributes.extend(key_values({"service.name": service, **resource}))
    of_service.scope_spans.add().spans.extend(spans)
    return made


class OneSpanConsumer(OneConsumer):
    """The way of a record of spans to ClickHouse."""

    group = b""

    def _sink(self) -> Sink:
        return SpanSink(TOPIC_ID)

    def pending_spans(self, offset: int, value: bytes, arrived: int | None = None) -> Pending:
        """One record of partition 0, prepared; it arrived now, or when it is said (Unix milliseconds)."""
        now = time.time_ns() // 1_000_000
        key = record_key(time.time_ns(), value)
        record = Record(offset, value, self.tenant, now if arrived is None else arrived, key, bytes([90]))
        _, parts = self.sink.prepare(record)
        return Message(topic="sillage.spans", value=value, partition=0, offset=offset), parts

    def store_requests(self, *requests: ExportTraceServiceRequest, first: int = 1) -> None:
        """Store them at consecutive offsets in one INSERT."""
        self.store([self.pending_spans(first + n, r.SerializeToString()) for n, r in enumerate(requests)])
