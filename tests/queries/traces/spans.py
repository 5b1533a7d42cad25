"""Spans for tests: OTLP requests made of short words, and stored as the consumer stores them."""

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clickhouse_connect.driver.client import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from consumers.spans import SpanSink
from schemas import span_landing
from schemas.spans import varint
from tests.otlp import key_values

NOW = time.time_ns()
MS = 1_000_000
SECOND = 1_000 * MS
TRACE = "0af7651916cd43dd8448eb211c80319c"
TOPIC_ID = b"s" * 16
KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}


def span(
    id_: str,
    parent: str = "",
    *,
    trace: str = TRACE,
    name: str = "GET /",
    kind: str = "server",
    at: int = 0,
    ms: float = 10,
    error: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    events: Sequence[tuple[str, Mapping[str, Any]]] = (),
    now: int = NOW,
) -> Span:
    """A span that began `at` milliseconds after `now`, a minute ago unless said; ids are padded."""
    start = now - 60 * SECOND + at * MS
    made = Span(
        trace_id=bytes.fromhex(trace),
        span_id=bytes.fromhex(id_.rjust(16, "0")),
        parent_span_id=bytes.fromhex(parent.rjust(16, "0")) if parent else b"",
        name=name,
        kind=KINDS[kind],  # type: ignore[arg-type]
        start_time_unix_nano=start,
        end_time_unix_nano=start + round(ms * MS),
        attributes=key_values(attributes or {}),
        events=[
            Span.Event(time_unix_nano=start, name=event, attributes=key_values(told))
            for event, told in events
        ],
    )
    if error is not None:
        made.status.code = 2  # type: ignore[assignment]
        made.status.message = error
    return made


def exception(type_: str, message: str, stack: str = "") -> tuple[str, dict[str, str]]:
    """The event that OpenTelemetry records for an exception."""
    told = {"exception.type": type_, "exception.message": message, "exception.stacktrace": stack}
    return "exception", told


def request(**services: Iterable[Span]) -> ExportTraceServiceRequest:
    """An OTLP request with the spans of each service."""
    made = ExportTraceServiceRequest()
    for service, spans in services.items():
        one = made.resource_spans.add()
        one.resource.attributes.extend(key_values({"service.name": service}))
        one.scope_spans.add().spans.extend(spans)
    return made


def store(
    client: Client,
    *requests: ExportTraceServiceRequest,
    tenant: str = "demo",
    days_ago: int = 0,
    retention_days: int = 90,
) -> None:
    """Insert requests as the consumer does, each a record of its own, which arrived so many days ago."""
    arrived = (time.time_ns() - days_ago * 86_400 * SECOND) // MS
    client.command(
        f"INSERT INTO fence (topic_id, kafka_partition, epoch, claim) VALUES ('{'s' * 16}', 0, 1, 1)"
    )
    landed = (_landed(one.SerializeToString(), tenant, arrived, retention_days) for one in requests)
    body = b"".join(varint(len(message)) + message for message in landed)
    client.raw_insert(
        SpanSink.table,
        span_landing.COLUMNS,
        body,
        fmt=SpanSink.format,
        settings={**SpanSink.settings},
    )


def _landed(value: bytes, tenant: str, arrived: int, retention_days: int) -> bytes:
    return b"".join(
        (
            value,
            span_landing.whose(tenant.encode(), retention_days),
            span_landing.which(arrived, uuid.uuid4().bytes, 1),
            span_landing.tail(TOPIC_ID, 0, 1),
        )
    )
