"""How a record of spans enters ClickHouse: an OTLP request, completed by appended protobuf fields.

Protobuf messages that follow each other are one message, so what the consumer knows is appended to the
request's own bytes. `spans.proto` is what ClickHouse reads the result by.

Source: https://protobuf.dev/programming-guides/encoding/#last-one-wins
"""

import struct
from importlib import resources

from schemas.spans import KEY_BYTES, varint

MESSAGE = "SpanBatch"
PROTO = resources.files("schemas").joinpath("spans.proto").read_text("utf-8")
COLUMNS = (
    "resource_spans",
    "tenant",
    "received_at",
    "retention_days",
    "batch_id",
    "kafka_offset",
    "topic_id",
    "kafka_partition",
    "claim",
)
"""The landing table's columns, which are the fields of `SpanBatch`."""

_VARINT, _FIXED_64, _LEN = 0, 1, 2


def _tag(field: int, wire_type: int) -> bytes:
    return varint(field << 3 | wire_type)


_TENANT, _RETENTION = _tag(100, _LEN), _tag(102, _VARINT)
_RECEIVED_AT, _OFFSET = _tag(101, _FIXED_64), _tag(104, _FIXED_64)
_BATCH_ID = _tag(103, _LEN) + varint(KEY_BYTES)
_TOPIC_ID, _PARTITION, _CLAIM = _tag(105, _LEN), _tag(106, _VARINT), _tag(107, _VARINT)
_pack_which = struct.Struct(f"<2sq3s{KEY_BYTES}s2sQ").pack


def whose(tenant: bytes, retention_days: int) -> bytes:
    """The fields of a tenant's records that seldom change."""
    return b"".join((_TENANT, varint(len(tenant)), tenant, _RETENTION, varint(retention_days)))


def which(received_at: int, batch_id: bytes, offset: int) -> bytes:
    """The fields of one record alone; the batch's id has KEY_BYTES."""
    return _pack_which(_RECEIVED_AT, received_at, _BATCH_ID, batch_id, _OFFSET, offset)


def tail(topic_id: bytes, partition: int, claim: int) -> bytes:
    """The fields that all records of a partition share under one claim."""
    return b"".join(
        (_TOPIC_ID, varint(len(topic_id)), topic_id, _PARTITION, varint(partition), _CLAIM, varint(claim))
    )
