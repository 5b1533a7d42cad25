"""The usage sink: an Avro batch passes through, completed by appended bytes, never decoded.

One INSERT carries one Avro object container file with a single block: the batches of one writer schema, each
followed by its enrichment and its coordinates.
"""

import functools
import os
from collections.abc import Callable, Generator, Sequence

from consumers.enrichment import Enrich
from consumers.record import DeadRecord, Record
from consumers.sink import Prepared
from schemas import topics, usage, varint
from schemas.dead_letter import Reason
from schemas.framing import UnframedRecord, read_prefix
from schemas.usage import Schema

CACHED_ENRICHMENTS = 1 << 16

WriterSchema = Callable[[bytes], Schema]
"""Finds a writer schema by its framing's key; raises RetryLater while it is unknown."""

_SEAL = varint.encode(usage.SEAL)


class UsageSink:
    """Stores usage batches; see `consumers.sink.Sink`."""

    topic = topics.USAGE
    table = "usage_batches"
    format = "Avro"

    def __init__(self, writer_schema: WriterSchema, enrich: Enrich) -> None:
        self._sync = os.urandom(16)

        @functools.cache
        def header(schema_key: bytes) -> bytes:
            return usage.container_header(usage.stored_schema(writer_schema(schema_key))) + self._sync

        @functools.lru_cache(CACHED_ENRICHMENTS)
        def enrichment(address_and_agent: bytes) -> bytes:
            found = enrich(*usage.read_enrichment_key(address_and_agent))
            return usage.encode_enrichment(found)

        self._header, self._enrichment = header, enrichment

    def prepare(self, record: Record) -> Prepared:
        """Append enrichment and coordinates to the batch's own bytes."""
        value = record.value
        try:
            prefix = read_prefix(value)
            end = usage.enrichment_key_end(value, prefix.payload_start)
            enrichment = self._enrichment(value[prefix.payload_start : end])
        except UnframedRecord as error:
            raise DeadRecord(Reason.UNFRAMED, str(error)) from None
        except (IndexError, UnicodeDecodeError) as error:
            raise DeadRecord(Reason.TRUNCATED, f"client_ip and user_agent cannot be read: {error}") from None
        self._header(prefix.schema_key)
        return Prepared(prefix.schema_key, value[prefix.payload_start :] + enrichment + _own_fields(record))

    def body(self, group: bytes, rows: Sequence[bytes]) -> Generator[bytes, None, None]:
        """An Avro container file of these batches."""
        yield self._header(group) + varint.encode(len(rows)) + varint.encode(sum(map(len, rows)))
        yield b"".join(rows)
        yield self._sync


def _own_fields(record: Record) -> bytes:
    """The additions that are the record's own, in the order of `usage_additions.avsc`."""
    return b"".join(
        (
            varint.encode(len(record.tenant)),
            record.tenant,
            varint.encode(record.received_at),
            record.topic_id,
            varint.encode(record.partition),
            varint.encode(record.offset),
            _SEAL,
        )
    )
