"""Usage batches decoded, for those who look into single records. The consumer's own way never decodes."""

import io
from collections.abc import Callable
from typing import Any

import fastavro

from consumers.errors import RetryLater
from schemas import usage
from schemas.framing import UnframedRecord, read_prefix
from schemas.usage import Schema

Batch = dict[str, Any]
"""A batch by the names of `schemas/usage_batch.avsc`."""


class Undecodable(Exception):
    """The value is no whole batch of a known schema; the message says why."""


class BatchDecoder:
    """Decodes the values of usage records."""

    def __init__(self, writer_schema: Callable[[bytes], Schema]) -> None:
        """`writer_schema` finds a schema by its framing's key, and raises RetryLater for an unknown one."""
        self._writer_schema = writer_schema
        self._parsed: dict[bytes, Any] = {}

    def decode(self, value: bytes) -> Batch:
        """Give the batch; raises Undecodable."""
        try:
            key, start = read_prefix(value)
            schema = self._schema(key)
        except (UnframedRecord, RetryLater) as error:
            raise Undecodable(str(error)) from None
        body = io.BytesIO(value[start:])
        try:
            batch: Any = fastavro.schemaless_reader(body, schema, None)
        except Exception as error:  # what a corrupt batch raises depends on the byte it breaks at
            raise Undecodable(f"It is no whole batch: {type(error).__name__} {error}".strip()) from None
        if left := len(value) - start - body.tell():
            raise Undecodable(f"Bytes behind the batch's end: {left}.")
        return dict(batch)

    def _schema(self, key: bytes) -> Any:
        if key not in self._parsed:
            self._parsed[key] = fastavro.parse_schema(self._writer_schema(key))
        return self._parsed[key]


def subjects_of(batch: Batch) -> frozenset[str]:
    """Whose its events are, as the unpacking view says it: a user, or else a session, or else a trace."""

    def of_event(event: Batch, name: str) -> str:
        return str(event[name][1:] if event[name] else batch.get(name, ""))

    return frozenset(
        of_event(event, "user_id") or of_event(event, "session_id") or str(event["trace_id"]).lower()
        for event in batch["events"]
    )


def batch_id(value: bytes) -> bytes | None:
    """The batch_id of a usage record's value, without decoding the rest; None where it cannot be read."""
    try:
        _, start = read_prefix(value)
        return usage.batch_id(value, start)
    except (UnframedRecord, IndexError):
        return None
