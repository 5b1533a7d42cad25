"""Spans on their way through Kafka: what a record of `sillage.spans` is, and what its value may hold.

The value is an ExportTraceServiceRequest of OTLP, as it arrived where nothing had to be taken out. Nobody
behind the collector decodes it: the consumer appends fields of its own, and ClickHouse reads the sum. So
whatever stands at its top level would be taken for ours.

Source: https://opentelemetry.io/docs/specs/otlp/, https://protobuf.dev/programming-guides/encoding/
"""

import struct

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from xxhash import xxh3_128_digest

from schemas.usage import pack_received_at

TENANT, RECEIVED_AT, RETENTION_DAYS = "tenant", "received_at", "retention_days"
"""The record's headers, in this order."""

NESTED_JSON, NESTED_JSON_LENGTH = 100, 101
"""Fields of an AnyValue that the collector writes behind an array or a key-value list, the length last."""
_NESTED_JSON_TAG, _NESTED_JSON_LENGTH_TAG = b"\xa2\x06", b"\xad\x06"

_RESOURCE_SPANS_TAG = 0x0A
_MOST_LENGTH_BITS = 28
"""A length has five groups of seven bits at most: no message of protobuf is larger than 2 GiB."""
KEY_BYTES = 16
_MS_BYTES = 6
_MOST_MS = (1 << 8 * _MS_BYTES) - 1
_pack_length = struct.Struct("<I").pack


def is_resource_spans_alone(value: bytes) -> bool:
    """Whether the top level is field 1 (resource_spans) alone, however often, and ends where the value ends.

    Anything else could swallow or forge what is appended to it.
    """
    at, end = 0, len(value)
    while at < end:
        if value[at] != _RESOURCE_SPANS_TAG:
            return False
        length = shift = 0
        while True:
            at += 1
            if at == end or shift > _MOST_LENGTH_BITS:
                return False
            byte = value[at]
            length |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
        at += 1 + length
    return at == end


def first_start_ns(request: ExportTraceServiceRequest) -> int:
    """When the request's first span began, in Unix nanoseconds as its clock says; 0 where there is none."""
    starts = (
        int(span.start_time_unix_nano)
        for resource_spans in request.resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    )
    return next(starts, 0)


def record_key(first_start_ns: int, value: bytes) -> bytes:
    """The batch's id in KEY_BYTES: when its first span began, in Unix milliseconds, and a hash of its value.

    A client's retry has the same bytes and so meets its twin; keys of new batches lie together. The hash is
    quick and keeps no secret: who gains nothing by its collisions is told in
    docs/decisions/0023-bytes-are-searched-by-re2.md.
    """
    moment = min(first_start_ns // 1_000_000, _MOST_MS)
    return moment.to_bytes(_MS_BYTES, "big") + xxh3_128_digest(value)[: KEY_BYTES - _MS_BYTES]


def headers(tenant: str, received_at: int, retention_days: int) -> list[tuple[str, str | bytes | None]]:
    """The record's headers; `received_at` in Unix milliseconds."""
    return [
        (TENANT, tenant.encode()),
        (RECEIVED_AT, pack_received_at(received_at)),
        (RETENTION_DAYS, retention_days.to_bytes(1, "big")),
    ]


def nested_json(text: bytes) -> bytes:
    """The bytes behind an AnyValue's array or key-value list: its JSON, in UTF-8, and how long that is.

    Whoever has the AnyValue reads the length from its last four bytes, and so finds the JSON without parsing.
    """
    length = len(text)
    return b"".join(
        (_NESTED_JSON_TAG, varint(length), text, _NESTED_JSON_LENGTH_TAG, _pack_length(length)),
    )


def varint(number: int) -> bytes:
    """A plain varint of protobuf, which is no zigzag one."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
