import json

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from ingest.otlp.answers import spans_answer, status_answer
from ingest.otlp.encodings import Encoding, encoding_of
from ingest.refusals import Refusal, SpanRefusal

RETRYABLE = {429, 502, 503, 504}


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_is_a_status_in_either_encoding(refusal: Refusal) -> None:
    packed = Status.FromString(status_answer(refusal, Encoding.PROTOBUF).body)
    written = json.loads(status_answer(refusal, Encoding.JSON).body)
    assert written == {"code": packed.code, "message": packed.message}
    assert packed.code > 0
    assert packed.message == f"{refusal.code}: {refusal.message} {refusal.remedy}"
    assert status_answer(refusal, None).body == status_answer(refusal, Encoding.JSON).body
    head = status_answer(refusal, Encoding.PROTOBUF).head
    assert b"content-type: application/x-protobuf\r\n" in head
    assert (b"retry-after: " in head) == refusal.is_passing == (refusal.status in RETRYABLE)


def test_what_is_refused_is_told_beside_success() -> None:
    refused = {SpanRefusal.TRACE_ID_INVALID: 2, SpanRefusal.SPAN_ID_INVALID: 1}
    packed = ExportTraceServiceResponse.FromString(spans_answer(Encoding.PROTOBUF, refused).body)
    written = json.loads(spans_answer(Encoding.JSON, refused).body)["partialSuccess"]
    assert packed.partial_success.rejected_spans == int(written["rejectedSpans"]) == 3
    assert packed.partial_success.error_message == written["errorMessage"]
    assert "trace_id_invalid" in written["errorMessage"]
    assert (spans_answer(Encoding.PROTOBUF, {}).body, spans_answer(Encoding.JSON, {}).body) == (b"", b"{}")


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        (b"application/x-protobuf", Encoding.PROTOBUF),
        (b"Application/JSON; charset=utf-8", Encoding.JSON),
        (b"application/jsonp", None),
        (b"", None),
    ],
)
def test_the_encoding_is_that_of_the_content_type(content_type: bytes, encoding: Encoding | None) -> None:
    assert encoding_of({b"content-type": content_type}) is encoding
