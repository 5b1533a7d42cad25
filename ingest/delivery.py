"""One request on its way through the collector."""

from collections import Counter
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.otlp.encodings import Encoding
from ingest.reading import RefusedEvent
from ingest.refusals import SpanRefusal
from ingest.registry import Registry, Tenant
from ingest.rules import Rules
from ingest.wire import Batch


@dataclass(slots=True, kw_only=True)
class Delivery:
    """What every request brings, whatever is in it."""

    body: bytes
    rules: Rules
    objects: bool
    """The request carries `Sec-GPC: 1`: the person does not want to be tracked."""
    received_at: int


@dataclass(slots=True, kw_only=True)
class UsageDelivery(Delivery):
    """A usage batch, and what the steps of `ingest.usage` have made of it."""

    tenants: Registry
    bearer: str
    origin: str
    client_ip: str
    user_agent: str
    batch: Batch = field(init=False)
    refused: list[RefusedEvent] = field(init=False)
    tenant: Tenant = field(init=False)


@dataclass(slots=True, kw_only=True)
class SpansDelivery(Delivery):
    """An OTLP request, and what the steps of `ingest.spans` have made of it."""

    tenant: Tenant
    encoding: Encoding
    request: ExportTraceServiceRequest = field(init=False)
    value: bytes = field(init=False)
    """The request's protobuf bytes: those that came, or what was left of them after a step."""
    accepted: int = field(init=False)
    refused: Counter[SpanRefusal] = field(init=False)
    is_changed: bool = False
    """Whether the request is no longer what `value` says."""
