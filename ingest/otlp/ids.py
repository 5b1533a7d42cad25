"""Which spans have the ids that a trace is put together by."""

from collections import Counter
from collections.abc import Iterable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ingest.refusals import SpanRefusal

_NO_TRACE, _NO_SPAN = bytes(16), bytes(8)


def drop_invalid_spans(request: ExportTraceServiceRequest) -> tuple[int, Counter[SpanRefusal]]:
    """Take spans out that have no usable ids; how many stay, and how many went for which reason."""
    number = 0
    refused: Counter[SpanRefusal] = Counter()
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            spans = scope_spans.spans
            number += len(spans)
            if are_valid(spans):
                continue
            for index in reversed(range(len(spans))):
                if reason := refusal(spans[index]):
                    refused[reason] += 1
                    del spans[index]
    return number - refused.total(), refused


def are_valid(spans: Iterable[Span]) -> bool:
    """Whether every span has valid ids: `refusal` of all, for a third of its time."""
    for span in spans:
        trace_id, span_id = span.trace_id, span.span_id
        if (
            len(trace_id) != 16
            or len(span_id) != 8
            or trace_id == _NO_TRACE
            or span_id == _NO_SPAN
            or len(span.parent_span_id) not in (0, 8)
        ):
            return False
    return True


def refusal(span: Span) -> SpanRefusal | None:
    """Why the span is refused: https://opentelemetry.io/docs/specs/otel/trace/api/#spancontext."""
    if len(span.trace_id) != 16 or span.trace_id == _NO_TRACE:
        return SpanRefusal.TRACE_ID_INVALID
    if len(span.span_id) != 8 or span.span_id == _NO_SPAN:
        return SpanRefusal.SPAN_ID_INVALID
    if len(span.parent_span_id) not in (0, 8):
        return SpanRefusal.PARENT_SPAN_ID_INVALID
    return None
