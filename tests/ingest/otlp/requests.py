"""OTLP requests with attributes in every position, and deliveries of them."""

from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from ingest.delivery import SpansDelivery
from ingest.otlp.encodings import Encoding
from tests.fuzz.tenants import RULES, TENANTS

CONSENTED = next(tenant for tenant in TENANTS if tenant.mode == "consented")
EXEMPT = next(tenant for tenant in TENANTS if tenant.mode == "exempt")
POSITIONS = ("resource", "scope", "span", "event", "link", "list", "list in an array", "list in a list")


def text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def request(**changes: Any) -> ExportTraceServiceRequest:
    """One valid span."""
    made = ExportTraceServiceRequest()
    span: dict[str, Any] = {"trace_id": b"t" * 16, "span_id": b"s" * 8, "name": "GET", "kind": 2}
    span |= {
        "start_time_unix_nano": 1_790_000_000_000_000_000,
        "end_time_unix_nano": 1_790_000_000_005_000_000,
    }
    made.resource_spans.add().scope_spans.add().spans.add(**span | changes)
    return made


def planted(position: str, *attributes: KeyValue) -> ExportTraceServiceRequest:
    """A request with these attributes in one position, and a harmless one in all."""
    made = request(attributes=[text("http.route", "/")])
    resource_spans = made.resource_spans[0]
    resource_spans.resource.attributes.append(text("service.name", "billing"))
    span = resource_spans.scope_spans[0].spans[0]
    listed = AnyValue(kvlist_value=KeyValueList(values=[*attributes, text("x", "y")]))
    match position:
        case "resource":
            resource_spans.resource.attributes.extend(attributes)
        case "scope":
            resource_spans.scope_spans[0].scope.attributes.extend(attributes)
        case "span":
            span.attributes.extend(attributes)
        case "event":
            span.events.add(name="e").attributes.extend(attributes)
        case "link":
            span.links.add(trace_id=b"l" * 16).attributes.extend(attributes)
        case "list":
            span.attributes.add(key="nested", value=listed)
        case "list in an array":
            span.attributes.add(key="nested", value=AnyValue(array_value=ArrayValue(values=[listed])))
        case "list in a list":
            outer = AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="inner", value=listed)]))
            span.events.add(name="e").attributes.add(key="nested", value=outer)
    return made


def every_attribute(made: Any) -> Iterator[KeyValue]:
    """All of them, by walking whatever there is: the oracle, which knows no position."""
    for _, value in made.ListFields():
        for one in [value] if hasattr(value, "ListFields") else value if _is_repeated(value) else []:
            if isinstance(one, KeyValue):
                yield one
            yield from every_attribute(one)


def _is_repeated(value: Any) -> bool:
    return not isinstance(value, (str, bytes, int, float))


def delivery(body: bytes, encoding: Encoding = Encoding.PROTOBUF, **changes: Any) -> SpansDelivery:
    given: dict[str, Any] = {"tenant": CONSENTED, "rules": RULES, "objects": False}
    given |= {"received_at": 1_790_000_000_000}
    return SpansDelivery(body=body, encoding=encoding, **given | changes)
