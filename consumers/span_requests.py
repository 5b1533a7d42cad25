"""OTLP requests decoded, for those who look into single records. The consumer's own way never decodes."""

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from consumers.usage_batches import Undecodable
from schemas.spans import is_resource_spans_alone, record_key

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
    starts = (
        span.start_time_unix_nano
        for of_resource in request.resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    )
    return record_key(next(starts, 0), value)


def retention_days(header: bytes) -> int:
    """How long the record's tenant keeps it, by the header of that name."""
    return header[0] if len(header) == 1 else SHORTEST_RETENTION_DAYS
