"""The spans that are sent: all of a span's content follows from its number, and SQL can check that.

A span's id carries its number in its last 60 bits, its trace's id the batch's: span n is in batch n / 20.
A batch is a trace in one OTLP request. It has no id of its own: the collector makes one of its bytes.
"""

import time
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bench.span_traffic import put
from bench.traffic import EVENTS_A_BATCH, TENANT
from tests.faults.batches import NUMBER_BITS, USERS, user_id, user_of

_TRACE_BITS, _MARK = 0x0190_0000_0000_7000, 1 << 63
_SERVICES = ("shop", "ledger")
_PARENT_EVERY = 5


def span_id(number: int) -> bytes:
    """The id of the span of this number."""
    return (_MARK | number).to_bytes(8, "big")


def trace_id(batch: int) -> bytes:
    """The id of the trace that is the batch of this number."""
    return (_TRACE_BITS << 64 | _MARK | batch).to_bytes(16, "big")


def attributes(number: int) -> dict[str, Any]:
    """What the span of this number carries."""
    return {
        "number": number, "text": span_id(number).hex(), "even": number % 2 == 0, "filler": "x" * 200,
        "session.id": f"s-{number // EVENTS_A_BATCH}",
        "user.id": user_id(user_of(number // EVENTS_A_BATCH)),
    }  # fmt: skip


def body(batch: int) -> bytes:
    """A batch as an exporter sends it; each call's is another one, since it names its time."""
    made, began = ExportTraceServiceRequest(), time.time_ns()
    for service in _SERVICES:
        of_service = made.resource_spans.add()
        put(of_service.resource, {"service.name": service})
        scoped = of_service.scope_spans.add()
        for number in range(batch * EVENTS_A_BATCH, (batch + 1) * EVENTS_A_BATCH):
            if _SERVICES[number % 2] == service:
                put(scoped.spans.add(**_span(number, began)), attributes(number))
    return bytes(made.SerializeToString())


def batch_of(value: bytes) -> int:
    """The number of the batch in a record."""
    made = ExportTraceServiceRequest.FromString(value)
    return int.from_bytes(made.resource_spans[0].scope_spans[0].spans[0].trace_id, "big") & NUMBER_BITS


def _span(number: int, began: int) -> dict[str, Any]:
    start = began + number % EVENTS_A_BATCH * 1_000
    return {
        "trace_id": trace_id(number // EVENTS_A_BATCH),
        "span_id": span_id(number),
        "parent_span_id": span_id(number - 1) if number % _PARENT_EVERY else b"",
        "name": f"act.{number % 97}",
        "kind": Span.SPAN_KIND_SERVER,
        "start_time_unix_nano": start,
        "end_time_unix_nano": start + number % 1009 * 1_000,
        "events": [Span.Event(time_unix_nano=start, name=f"event.{number}")],
    }


NUMBER = f"bitAnd(reinterpretAsUInt64(reverse(span_id)), {NUMBER_BITS})"
"""SQL: a span's number."""
BATCH = f"intDiv({NUMBER}, {EVENTS_A_BATCH})"
"""SQL: the number of the batch that the span was sent in."""
USER = f"({BATCH} % {USERS})"
"""SQL: the number of the user whose request it belongs to."""
SOUND = f"""(
    hex(span_id) = hex(toUInt64({_MARK}) + {NUMBER})
    AND lower(hex(trace_id)) = lower(concat('{_TRACE_BITS:016x}', hex(toUInt64({_MARK}) + {BATCH})))
    AND parent_span_id = if({NUMBER} % {_PARENT_EVERY} = 0, '', unhex(hex(toUInt64({_MARK}) + {NUMBER} - 1)))
    AND tenant = '{TENANT}' AND kind = 'server' AND retention_days = 90 AND status = 'unset'
    AND service = if({NUMBER} % 2 = 0, '{_SERVICES[0]}', '{_SERVICES[1]}')
    AND resource = map('service.name', toString(service))
    AND name = concat('act.', toString({NUMBER} % 97))
    AND duration_ns = {NUMBER} % 1009 * 1000
    AND `events.name` = [concat('event.', toString({NUMBER}))]
    AND session_id = concat('s-', toString({BATCH})) AND length(user_id) = 32
    AND attributes = map(
        'number', toString({NUMBER}), 'text', lower(hex(span_id)),
        'even', if({NUMBER} % 2 = 0, 'true', 'false'), 'filler', repeat('x', 200),
        'session.id', toString(session_id), 'user.id', toString(user_id)
    )
    AND attribute_types = [24, 10, 16, 10, 10, 10]
)"""
"""SQL: whether the row is what was sent."""
