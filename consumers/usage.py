"""The usage sink: an Avro batch passes through, completed by appended bytes, never decoded.

One INSERT carries one Avro object container file with a single block: the batches of one writer schema, each
followed by its enrichment, its coordinates and the consumer's claim.
"""

import functools
import time
from collections.abc import Callable, Mapping, Sequence

from consumers.enrichment.agents import Agent
from consumers.enrichment.geography import Place
from consumers.record import DeadRecord, Record
from consumers.sink import Parts
from schemas import topics, usage, varint
from schemas.body import Body
from schemas.dead_letter import Reason
from schemas.framing import UnframedRecord, read_prefix
from schemas.usage import Schema

CACHED_AGENTS = CACHED_PLACES = 1 << 16
PLACES_SECONDS = 60.0
"""How long a place is remembered: a database that was replaced, or has come, is heard of within that time."""

WriterSchema = Callable[[bytes], Schema]
"""Finds a writer schema by its framing's key; raises RetryLater while it is unknown."""

_SEAL = varint.encode(usage.SEAL)


class UsageSink:
    """Stores usage batches; see `consumers.sink.Sink`."""

    topic = topics.USAGE
    table = "usage_batches"
    stored_in = "usage_events"
    format = "Avro"
    settings: Mapping[str, str] = {}

    def __init__(
        self,
        topic_id: bytes,
        writer_schema: WriterSchema,
        read_agent: Callable[[str], Agent],
        find_place: Callable[[str], Place],
    ) -> None:
        self._topic_id = topic_id
        self._places_until = time.monotonic() + PLACES_SECONDS

        @functools.cache
        def header(schema_key: bytes) -> bytes:
            return usage.container_header(usage.stored_schema(writer_schema(schema_key)))

        @functools.cache
        def columns(schema_key: bytes) -> list[str]:
            return usage.columns(usage.stored_schema(writer_schema(schema_key)))

        @functools.lru_cache(CACHED_AGENTS)
        def agent(user_agent: bytes) -> bytes:
            return usage.encode_agent(read_agent(user_agent.decode()))

        @functools.lru_cache(CACHED_PLACES)
        def place(address: bytes) -> bytes:
            network, mark, _ = address.decode().partition(usage.COUNTRY_ONLY)
            found = find_place(network)
            return usage.encode_place(Place(country=found.country) if mark else found)

        @functools.lru_cache
        def tenant_field(tenant: bytes) -> bytes:
            return varint.encode(len(tenant)) + tenant

        self._header, self._columns, self._tenant_field = header, columns, tenant_field
        self._agent, self._place = agent, place

    def prepare(self, record: Record) -> tuple[bytes, Parts]:
        """Append enrichment and the record's own fields to the batch's bytes."""
        value = record.value
        try:
            schema_key, start = read_prefix(value)
            address, user_agent = usage.address_and_agent(value, start)
            found = (self._agent(user_agent), self._place(address))
        except UnframedRecord as error:
            raise DeadRecord(Reason.UNFRAMED, str(error)) from None
        except (IndexError, UnicodeDecodeError) as error:
            raise DeadRecord(Reason.TRUNCATED, f"client_ip and user_agent cannot be read: {error}") from None
        self._header(schema_key)  # an unknown writer schema holds up this record, not a whole INSERT
        added = b"".join(
            (
                *found,
                self._tenant_field(record.tenant),
                varint.encode(record.received_at),
                varint.encode(record.offset),
            )
        )
        # The batch's own bytes are copied once, into the INSERT: a copy costs as much as all that is added.
        return schema_key, (memoryview(value)[start:], added)

    def tail(self, partition: int, claim: int) -> bytes:
        """The additions that all records of a partition share under one claim, last in the schema."""
        return b"".join((self._topic_id, varint.encode(partition), varint.encode(claim), _SEAL))

    def columns(self, group: bytes) -> list[str]:
        """The columns of the writer's fields, be it older than the landing table, and of what is added."""
        return self._columns(group)

    def body(self, group: bytes, records: int, parts: Sequence[bytes | memoryview]) -> Body:
        """An Avro container file of these batches."""
        self._forget_old_places()
        return usage.container(self._header(group), records, parts)

    def _forget_old_places(self) -> None:
        if time.monotonic() >= self._places_until:
            self._place.cache_clear()
            self._places_until = time.monotonic() + PLACES_SECONDS
