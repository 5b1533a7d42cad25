"""OTLP requests decoded, for those who look into single records. The consumer's own way never decodes."""

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from consumers.usage_batches import Undecodable
from schemas.spans import first_start_ns, is_resource_spans_alone, record_key

SHORTEST_RETENTION_DAYS = 7
"""For a record that does not say how long its tenant keeps it: no tenant keeps less."""


def key_of(value: bytes) -> bytes:
    """The key that the collector gave this request; raises Undecodable where it is none."""
    if not is_resource_spans_alone(value):
        raise Undecodable("It is not whole resource_spans and nothing else.")
    try:
        request = ExportTraceServiceRequest.FromString(value)
    except DecodeError as error:
        raise Undecodable(f"It is no OTLP request: {error}") from None
    return record_key(first_start_ns(request), value)


def retention_days(header: bytes) -> int:
    """How long the record's tenant keeps it, by the header of that name."""
    return header[0] if len(header) == 1 else SHORTEST_RETENTION_DAYS
