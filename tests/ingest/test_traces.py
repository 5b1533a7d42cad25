"""`POST /v1/traces` of a running collector, point by point."""

import gzip
import http.client
import json
import zlib
from typing import Any

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from ingest.record import MOST_VALUE_BYTES
from ingest.request import MOST_BYTES_UNKEPT
from local.ports import HOST
from runtime.settings import CollectorSettings
from runtime.zstd import zstd
from tests.conftest import Stack
from tests.ingest.otlp.requests import request, text
from tests.ingest.test_span_records import in_json, large

PROTOBUF, JSON = "application/x-protobuf", "application/json"
BODY = request().SerializeToString()


def ask(stack: Stack, body: bytes = BODY, method: str = "POST", **headers: str) -> tuple[int, Any, bytes]:
    """Status, headers and body of the answer; header names with `_` for `-`; empty ones are left out."""
    given = {"authorization": f"Bearer {stack.secret_key}", "content_type": PROTOBUF} | headers
    connection = http.client.HTTPConnection(HOST, stack.ports.collector, timeout=20)
    sent = {name.replace("_", "-"): value for name, value in given.items() if value}
    connection.request(method, "/v1/traces", body, sent)
    answer = connection.getresponse()
    try:
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("body", [b"", BODY])
@pytest.mark.parametrize(
    ("content_type", "empty"), [(PROTOBUF, b""), (JSON, b"{}"), ("application/json; charset=utf-8", b"{}")]
)
def test_success_has_the_type_of_the_request(
    body: bytes, content_type: str, empty: bytes, stack: Stack
) -> None:
    in_json = b"{}" if not body else b'{"resourceSpans": []}'
    status, headers, answer = ask(
        stack, body if content_type == PROTOBUF else in_json, content_type=content_type
    )
    assert (status, answer, headers["content-type"]) == (200, empty, content_type.partition(";")[0])


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("zstd", zstd.compress), ("deflate", zlib.compress), ("identity", bytes)],
)
def test_compressed_bodies_are_taken(encoding: str, pack: Any, stack: Stack) -> None:
    assert ask(stack, pack(BODY), content_encoding=encoding)[0] == 200


def test_the_key_may_stand_in_a_header_of_its_own(stack: Stack) -> None:
    assert ask(stack, authorization="", x_sillage_key=stack.secret_key)[0] == 200


def test_spans_that_are_refused_are_told_and_the_others_taken(stack: Stack) -> None:
    made = request(trace_id=b"")
    made.MergeFrom(request())
    status, _, answer = ask(stack, made.SerializeToString())
    told = ExportTraceServiceResponse.FromString(answer).partial_success
    assert (status, told.rejected_spans) == (200, 1)
    assert "trace_id_invalid" in told.error_message


MOST_BYTES = CollectorSettings.max_traces_body_bytes
OF_DEFAULT_SIZE = large(8_192, attributes=[text("text", "x" * 550)])
"""As many spans as an OpenTelemetry Collector sends at once, if nothing else is set."""


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
@pytest.mark.parametrize("encoding", ["", "gzip", "zstd"])
def test_a_body_of_8192_spans_is_taken(content_type: str, encoding: str, stack: Stack) -> None:
    body = OF_DEFAULT_SIZE.SerializeToString() if content_type == PROTOBUF else in_json(OF_DEFAULT_SIZE)
    assert len(body) > 5_000_000
    pack: Any = {"gzip": gzip.compress, "zstd": zstd.compress}.get(encoding, bytes)
    packed = pack(body)
    status, headers, answer = ask(stack, packed, content_type=content_type, content_encoding=encoding)
    assert (status, headers["content-type"]) == (200, content_type)
    assert answer == (b"" if content_type == PROTOBUF else b"{}")


def test_as_many_bytes_as_are_set_are_taken(stack: Stack) -> None:
    body = OF_DEFAULT_SIZE.SerializeToString() * 4
    assert MOST_BYTES - len(body) < 2_000_000
    assert ask(stack, body + b"\n\x00" * ((MOST_BYTES - len(body)) // 2))[::2] == (200, b"")


@pytest.mark.parametrize("spans", [1, 3_000])
def test_a_span_that_no_record_holds_is_told_by_name(spans: int, stack: Stack) -> None:
    made = request(attributes=[text("long", "x" * MOST_VALUE_BYTES)])
    made.MergeFrom(large(spans - spans % 2))
    status, _, answer = ask(stack, made.SerializeToString())
    told = ExportTraceServiceResponse.FromString(answer).partial_success
    assert (status, told.rejected_spans) == (200, 1)
    assert "span_too_large" in told.error_message


def test_a_large_body_without_a_key_is_not_kept(stack: Stack) -> None:
    status, _, _ = ask(stack, OF_DEFAULT_SIZE.SerializeToString(), authorization="Bearer sk_x")
    assert status == 401


LARGE_AND = {"body": OF_DEFAULT_SIZE.SerializeToString() + b"\xa2\x06\x01x"}
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no key": ({"authorization": ""}, 401, "secret_key_missing"),
    "an unknown key": ({"authorization": "Bearer sk_x"}, 401, "key_unknown"),
    "a public key": ({"authorization": "Bearer pk_demo"}, 403, "key_public"),
    "no request": ({"body": b"\xff"}, 400, "not_otlp"),
    "fields of its own": ({"body": BODY + b"\xa2\x06\x01x"}, 400, "foreign_fields"),
    "a broken encoding": ({"content_encoding": "gzip"}, 400, "encoding_broken"),
    "an unknown encoding": ({"content_encoding": "br"}, 415, "unsupported_encoding"),
    "a large one with fields of its own": (LARGE_AND, 400, "foreign_fields"),
    "too large": ({"body": b"x" * (MOST_BYTES + 1)}, 413, "body_too_large"),
    "as much as is read": ({"body": b"x" * (MOST_BYTES + MOST_BYTES_UNKEPT)}, 413, "body_too_large"),
    "more than is read": ({"body": b"x" * (MOST_BYTES + MOST_BYTES_UNKEPT + 1)}, 413, "body_too_large"),
    "a bomb": ({"body": gzip.compress(bytes(50_000_000)), "content_encoding": "gzip"}, 413, "body_too_large"),
    "another method": ({"method": "GET", "body": b""}, 405, "method_not_allowed"),
}


@pytest.mark.parametrize("fault", REFUSED)
@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_a_refusal_is_a_status_in_the_encoding_of_the_request(
    fault: str, content_type: str, stack: Stack
) -> None:
    changes, status, code = REFUSED[fault]
    if content_type == JSON and code in ("not_otlp", "foreign_fields"):
        changes, code = {"body": b'{"resourceSpans": 7}'}, "not_otlp"
    answered, headers, body = ask(stack, **changes, content_type=content_type)
    told = Status.FromString(body).message if content_type == PROTOBUF else json.loads(body)["message"]
    assert (answered, headers["content-type"], told.partition(":")[0]) == (status, content_type, code)
    assert "retry-after" not in headers
    assert headers.get("allow") == ("POST, OPTIONS" if status == 405 else None)
    if status == 413:
        assert "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" in told


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/grpc"])
def test_another_type_is_told_in_json(content_type: str, stack: Stack) -> None:
    status, headers, body = ask(stack, content_type=content_type)
    assert (status, headers["content-type"]) == (415, JSON)
    assert json.loads(body)["message"].startswith("unsupported_traces_type: ")


def test_pages_of_the_tenant_may_ask_beforehand_and_read_the_answer(stack: Stack) -> None:
    status, headers, _ = ask(stack, b"", "OPTIONS", origin=stack.collector_url)
    assert status == 204
    allowed = headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "x-sillage-key", "content-type", "content-encoding"} <= set(allowed)
    assert ask(stack, origin=stack.collector_url)[1]["access-control-allow-origin"] == stack.collector_url
    assert ask(stack, b"", "OPTIONS", origin="https://elsewhere.example")[0] == 403
