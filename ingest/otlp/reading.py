"""From a request's body to a whole, valid ExportTraceServiceRequest."""

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.otlp.encodings import Encoding
from ingest.otlp.fields import Malformed, fields
from ingest.otlp.from_json import message_of
from ingest.otlp.json_shape import RequestJson
from ingest.refusals import Refusal, RefuseRequest
from ingest.surrogates import without_lone_surrogates
from schemas.spans import is_resource_spans_alone

MOST_JSON_OBJECTS = 1_000_000
"""Of two bytes each they would take three hundred each once they are read."""
_decode = msgspec.json.Decoder(RequestJson).decode
_parse = ExportTraceServiceRequest.FromString


def read_request(body: bytes, encoding: Encoding) -> tuple[ExportTraceServiceRequest, bytes]:
    """The request, and its protobuf bytes: the body itself where it came as such. Raises RefuseRequest."""
    if encoding is Encoding.JSON:
        request = _read_json(body)
        return request, request.SerializeToString()
    try:
        request = _parse(body)
    except DecodeError:  # what nests too deeply too
        raise RefuseRequest(Refusal.NOT_OTLP) from None
    if not is_resource_spans_alone(body):
        raise RefuseRequest(Refusal.FOREIGN_FIELDS)
    return request, body


def to_protobuf(body: bytes, encoding: Encoding) -> bytes:
    """The body as protobuf's bytes, which nobody has parsed where it came as such; raises RefuseRequest."""
    return _read_json(body).SerializeToString() if encoding is Encoding.JSON else body


def refuse_foreign_fields(value: bytes) -> None:
    """Raise RefuseRequest where a request that nobody has parsed is not resource_spans alone."""
    if is_resource_spans_alone(value):
        return
    try:
        is_whole = all(fields(value, 0, len(value)))
    except Malformed:
        is_whole = False
    raise RefuseRequest(Refusal.FOREIGN_FIELDS if is_whole else Refusal.NOT_OTLP)


def _read_json(body: bytes) -> ExportTraceServiceRequest:
    if len(body) > MOST_JSON_OBJECTS and body.count(b"{") > MOST_JSON_OBJECTS:
        raise RefuseRequest(Refusal.BODY_TOO_LARGE)
    try:
        shape = _read_shape(body)
    except msgspec.ValidationError:
        raise RefuseRequest(Refusal.NOT_OTLP) from None
    except RecursionError:
        raise RefuseRequest(Refusal.TOO_DEEP) from None
    except ValueError:
        raise RefuseRequest(Refusal.NOT_JSON) from None
    try:
        return message_of(shape)
    except RecursionError:
        raise RefuseRequest(Refusal.TOO_DEEP) from None
    except ValueError:
        raise RefuseRequest(Refusal.NOT_OTLP) from None


def _read_shape(body: bytes) -> RequestJson:
    try:
        return _decode(body)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode(without_lone_surrogates(body))
