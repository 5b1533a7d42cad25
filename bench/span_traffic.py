"""The traces that are measured: 20 spans a request, 12 attributes each, some with an exception, a link."""

import random
import time
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

SPANS_A_REQUEST = 20
SERVICES = ("checkout", "billing", "identity", "search", "mail", "reports", "gateway", "ledger")
OPERATIONS = ("GET /invoices", "SELECT invoices", "POST /time-entries", "GET /time", "charge", "render")
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"
_FAILS_EVERY = 10


def request(chance: random.Random, *, with_addresses: bool = False) -> bytes:
    """One export of one trace; `with_addresses` adds what the collector takes out."""
    made = ExportTraceServiceRequest()
    of_service = made.resource_spans.add()
    put(of_service.resource, {"service.name": chance.choice(SERVICES), "service.version": "1.4.2"})
    scope = of_service.scope_spans.add()
    scope.scope.name, scope.scope.version = "opentelemetry.instrumentation.asgi", "0.66b2"
    trace, parent, now = chance.randbytes(16), b"", time.time_ns()
    for number in range(SPANS_A_REQUEST):
        span = scope.spans.add(
            trace_id=trace,
            span_id=chance.randbytes(8),
            parent_span_id=parent,
            name=chance.choice(OPERATIONS),
            kind=chance.choice((Span.SPAN_KIND_INTERNAL, Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT)),
            start_time_unix_nano=now + number * 1_000,
            end_time_unix_nano=now + number * 1_000 + int(chance.lognormvariate(16, 1.5)),
        )
        parent = span.span_id if number % 3 == 0 else parent
        put(span, _attributes(chance))
        if with_addresses:
            put(span, {"client.address": "203.0.113.77", "url.full": "https://app.example/invoices?q=1"})
        if number % _FAILS_EVERY == 0:
            _fail(span, chance)
    return bytes(made.SerializeToString())


def _attributes(chance: random.Random) -> dict[str, Any]:
    return {
        "http.request.method": "GET",
        "url.path": f"/api/invoices/{chance.randint(1, 9999)}",
        "http.route": "/api/invoices/{id}",
        "server.address": "app.example.eu",
        "network.protocol.version": "1.1",
        "db.system.name": "postgresql",
        "user_agent.original": _AGENT,
        "session.id": f"s-{chance.randint(1, 5_000)}",
        "code.function.name": "invoices.views.show",
        "http.response.status_code": 500 if chance.random() < 0.01 else 200,
        "sampling.ratio": 0.25,
        "cache.hit": False,
    }


def _fail(span: Span, chance: random.Random) -> None:
    event = span.events.add(name="exception", time_unix_nano=span.end_time_unix_nano)
    put(event, {"exception.type": "ValueError", "exception.message": f"no invoice {chance.randint(1, 999)}"})
    span.status.code, span.status.message = Status.STATUS_CODE_ERROR, "no invoice"
    span.links.add(trace_id=chance.randbytes(16), span_id=chance.randbytes(8))


def put(holder: Any, attributes: dict[str, Any]) -> None:
    """Give attributes to what has some in OTLP."""
    for key, value in attributes.items():
        kind = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}[type(value)]
        setattr(holder.attributes.add(key=key).value, kind, value)
