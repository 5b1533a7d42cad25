"""The traces that are measured: 20 server spans of 12 attributes, as an SDK's exporter sends them."""

import random
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

SPANS_A_REQUEST = 20
_RESOURCE = {"service.name": "billing", "service.version": "2026.11", "telemetry.sdk.language": "python"}


def request(chance: random.Random, *, minimised: bool = False) -> bytes:
    """One ExportTraceServiceRequest; with `minimised`, each span holds a client's address and a query."""
    made = ExportTraceServiceRequest()
    resource_spans = made.resource_spans.add()
    resource_spans.resource.attributes.extend(_attributes(_RESOURCE))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name, scope_spans.scope.version = "opentelemetry.instrumentation.asgi", "0.66b2"
    now = time.time_ns()
    for number in range(SPANS_A_REQUEST):
        span = scope_spans.spans.add(
            trace_id=chance.randbytes(16), span_id=chance.randbytes(8), parent_span_id=chance.randbytes(8),
            name="GET /invoices/{id}", kind=2, flags=257,
            start_time_unix_nano=now + number, end_time_unix_nano=now + number + chance.randrange(10**8),
        )  # fmt: skip
        span.attributes.extend(_attributes(_twelve(chance, minimised)))
    return bytes(made.SerializeToString())


def _twelve(chance: random.Random, minimised: bool) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {
        "http.request.method": "GET",
        "http.response.status_code": chance.choice((200, 200, 200, 404, 500)),
        "http.route": "/invoices/{id}", "url.scheme": "https",
        "url.path": f"/invoices/{chance.randrange(10**6)}",
        "server.address": "app.example.eu", "server.port": 443, "network.protocol.version": "1.1",
        "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140",
        "thread.id": chance.randrange(10**9),
    }  # fmt: skip
    if minimised:
        return attributes | {"client.address": "203.0.113.77", "url.query": f"q={chance.randrange(100)}"}
    return attributes | {"thread.name": "worker-3", "code.function.name": "invoices.show"}


def _attributes(given: dict[str, str] | dict[str, str | int]) -> list[KeyValue]:
    return [
        KeyValue(
            key=key,
            value=AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value),
        )
        for key, value in given.items()
    ]
