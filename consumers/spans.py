"""The span sink: an OTLP request passes through, completed by appended bytes, never decoded."""

import functools
import itertools
from collections.abc import Mapping, Sequence

from consumers.record import DeadRecord, Record
from consumers.sink import Parts
from schemas import span_landing, spans, topics
from schemas.body import Body, joined
from schemas.dead_letter import Reason

_RECORDS_A_PIECE = 16
"""About 160 kB of requests of 20 spans."""
_length = functools.lru_cache(1 << 14)(spans.varint)
"""Requests of one service are of few lengths, which need not be written anew."""


class SpanSink:
    """Stores traces; see `consumers.sink.Sink`."""

    topic = topics.SPANS
    table = "span_batches"
    stored_in = "trace_spans"
    format = "Protobuf"
    settings: Mapping[str, str] = {
        "format_schema_source": "string",
        "format_schema": span_landing.PROTO,
        "format_schema_message_name": span_landing.MESSAGE,
    }

    def __init__(self, topic_id: bytes) -> None:
        self._topic_id = topic_id
        self._whose = functools.lru_cache(span_landing.whose)

    def prepare(self, record: Record) -> tuple[bytes, Parts]:
        """Append the record's own fields to the request's bytes; all requests may share an INSERT."""
        value = record.value
        if not spans.is_resource_spans_alone(value):
            raise DeadRecord(Reason.NOT_OTLP, "The value is not whole resource_spans and nothing else.")
        if len(record.key) != spans.KEY_BYTES or len(record.retention_days) != 1:
            raise DeadRecord(Reason.HEADER_MISSING, "The key or the header retention_days is malformed.")
        own = span_landing.which(record.received_at, record.key, record.offset)
        return b"", (value, self._whose(record.tenant, record.retention_days[0]) + own)

    def tail(self, partition: int, claim: int) -> bytes:
        """The fields that all records of a partition share under one claim."""
        return span_landing.tail(self._topic_id, partition, claim)

    def columns(self, _group: bytes) -> Sequence[str]:
        """The landing table's columns: there is one schema."""
        return span_landing.COLUMNS

    def body(self, _group: bytes, _records: int, parts: Sequence[bytes | memoryview]) -> Body:
        """The requests one after the other, each behind its length."""
        requests, added, tails = parts[::3], parts[1::3], parts[2::3]
        sizes = list(map(sum, zip(map(len, requests), map(len, added), map(len, tails), strict=True)))
        lengths = list(map(_length, sizes))
        whole = list(itertools.chain.from_iterable(zip(lengths, requests, added, tails, strict=True)))
        return Body(sum(sizes) + sum(map(len, lengths)), joined(whole, 4 * _RECORDS_A_PIECE))
