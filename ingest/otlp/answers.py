"""OTLP's answers: what became of the spans, and every refusal as a google.rpc.Status.

Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response,
https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto
"""

import functools
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from ingest.answers import Answer, no_store_answer
from ingest.otlp.encodings import Encoding
from ingest.refusals import RETRY_AFTER_SECONDS, Refusal, RefuseRequest, SpanRefusal
from runtime import metrics
from schemas.spans import varint

_CODES = {
    HTTPStatus.BAD_REQUEST: 3,  # INVALID_ARGUMENT
    HTTPStatus.UNAUTHORIZED: 16,  # UNAUTHENTICATED
    HTTPStatus.FORBIDDEN: 7,  # PERMISSION_DENIED
    HTTPStatus.NOT_FOUND: 5,  # NOT_FOUND
    HTTPStatus.METHOD_NOT_ALLOWED: 12,  # UNIMPLEMENTED
    HTTPStatus.REQUEST_TIMEOUT: 4,  # DEADLINE_EXCEEDED
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: 3,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: 3,
    HTTPStatus.TOO_MANY_REQUESTS: 8,  # RESOURCE_EXHAUSTED
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: 3,
    HTTPStatus.INTERNAL_SERVER_ERROR: 13,  # INTERNAL
    HTTPStatus.SERVICE_UNAVAILABLE: 14,  # UNAVAILABLE
}
"""google.rpc.Code of each status. Clients go by the status alone."""


class Status(msgspec.Struct):
    """A google.rpc.Status in JSON: the body of every refusal."""

    code: int
    message: str


class PartialSuccess(msgspec.Struct, rename="camel"):
    """What was refused; a 64-bit integer is a text in protobuf's JSON."""

    rejected_spans: str
    error_message: str


class ExportAnswer(msgspec.Struct, rename="camel", omit_defaults=True):
    """An ExportTraceServiceResponse in JSON."""

    partial_success: PartialSuccess | None = None


def status(refusal: Refusal) -> Status:
    """The refusal, as a client is told: its code's name, what is wrong, and what to do about it."""
    return Status(_CODES[refusal.status], f"{refusal.code}: {refusal.message} {refusal.remedy}")


@functools.lru_cache
def status_answer(
    refusal: Refusal, encoding: Encoding | None, retry_after: int = RETRY_AFTER_SECONDS
) -> Answer:
    """The refusal in the request's encoding; in JSON where it has neither."""
    again = [("retry-after", str(retry_after))] if refusal.is_passing else []
    told = status(refusal)
    if encoding is not Encoding.PROTOBUF:
        return no_store_answer(refusal.status, msgspec.json.encode(told), Encoding.JSON.value, *again)
    text = told.message.encode()
    body = b"\x08%c\x12%b%b" % (told.code, varint(len(text)), text)
    return no_store_answer(refusal.status, body, encoding.value, *again)


def refused(error: RefuseRequest, encoding: Encoding | None) -> Answer:
    """Count a refusal, and word it."""
    metrics.REQUESTS_REFUSED.labels(error.refusal.code).inc()
    return status_answer(error.refusal, encoding, error.retry_after)


_ALL_ACCEPTED = {
    Encoding.PROTOBUF: no_store_answer(HTTPStatus.OK, b"", Encoding.PROTOBUF.value),
    Encoding.JSON: no_store_answer(HTTPStatus.OK, b"{}", Encoding.JSON.value),
}


def spans_answer(encoding: Encoding, refusals: Mapping[SpanRefusal, int]) -> Answer:
    """200: all spans are safe, but for those that are refused."""
    if not refusals:
        return _ALL_ACCEPTED[encoding]
    number = sum(refusals.values())
    text = " ".join(f"{spans} spans, {reason}: {reason.message}" for reason, spans in refusals.items())
    if encoding is Encoding.JSON:
        body = msgspec.json.encode(ExportAnswer(PartialSuccess(str(number), text)))
    else:
        response = ExportTraceServiceResponse()
        response.partial_success.rejected_spans = number
        response.partial_success.error_message = text
        body = response.SerializeToString()
    return no_store_answer(HTTPStatus.OK, body, encoding.value)
