"""ClickHouse's side: which records of a topic are stored, whose they are, and which more than once.

One partition is asked in slices of offsets, so that neither side holds more than one slice in memory. What
groups by coordinates and batch alone is answered by the projection `by_batch`, which has one row a record.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client

from consumers.intervals import Interval, slices

SLICE = 1_000_000
_SETTINGS = {"max_bytes_before_external_group_by": 1 << 30}

_OF_THE_SLICE = """
    topic_id = toFixedString(unhex({topic:String}), 16) AND kafka_partition = {partition:UInt16}
    AND kafka_offset >= {first:UInt64} AND kafka_offset < {until:UInt64}
"""
_ISLANDS = f"""
    SELECT min(kafka_offset) AS first, max(kafka_offset) + 1 AS until
    FROM (
        SELECT kafka_offset, kafka_offset - row_number() OVER (ORDER BY kafka_offset) AS island
        FROM (SELECT kafka_offset FROM usage_events WHERE {_OF_THE_SLICE} GROUP BY kafka_offset)
    )
    GROUP BY island
    ORDER BY first
"""  # noqa: S608  no value is put into the text
_TENANTS = f"""
    SELECT tenant, count(), sum(rows), groupArrayIf((kafka_offset, rows), rows != ids)
    FROM (
        SELECT kafka_offset, any(tenant) AS tenant, count() AS rows, uniqExact(event_id) AS ids
        FROM usage_events WHERE {_OF_THE_SLICE} GROUP BY kafka_offset
    )
    GROUP BY tenant
"""  # noqa: S608
_TWINS = """
    SELECT groupArray((kafka_partition, kafka_offset))
    FROM (
        SELECT tenant, batch_id, kafka_partition, kafka_offset FROM usage_events
        WHERE topic_id = toFixedString(unhex({topic:String}), 16)
          AND kafka_offset >= {firsts:Array(UInt64)}[kafka_partition + 1]
        GROUP BY tenant, batch_id, kafka_partition, kafka_offset
    )
    GROUP BY tenant, batch_id
    HAVING count() > 1
"""
_LAST = """
    SELECT kafka_partition, max(kafka_offset)
    FROM (
        SELECT kafka_partition, kafka_offset FROM usage_events
        WHERE topic_id = toFixedString(unhex({topic:String}), 16)
        GROUP BY kafka_partition, kafka_offset
    )
    GROUP BY kafka_partition
"""
_BATCHES = """
    SELECT tenant, batch_id FROM usage_events
    WHERE batch_id IN (SELECT toFixedString(unhex(arrayJoin(%(ids)s)), 16))
    GROUP BY tenant, batch_id
"""
_SUPPRESSED = """
    SELECT tenant, subject, max(toUnixTimestamp64Milli(until)) FROM suppressions
    WHERE tenant IN {tenants:Array(String)} AND (subject = '' OR subject IN {subjects:Array(String)})
    GROUP BY tenant, subject
"""

BatchKey = tuple[str, bytes]
"""A tenant and a batch_id: what makes a batch the same batch."""


SubjectKey = tuple[str, str]
"""A tenant and whose an event is: a user, or else a session, or else a trace."""
WHOLE_TENANT = ""
"""The subject under which a whole tenant is suppressed."""


class TenantRows(NamedTuple):
    """What is stored of one tenant within a slice."""

    tenant: str
    records: int
    rows: int
    suspects: list[tuple[int, int]]
    """Offset and rows of each record whose rows are more than its distinct event ids."""


class StoredRecords:
    """The rows of one topic; a topic made anew under the same name is another. Raises ClickHouseError."""

    def __init__(self, client: Client, topic_id: bytes) -> None:
        self._client = client
        self._topic = topic_id.hex()

    def intervals(self, partition: int, whole: Interval) -> Iterator[Interval]:
        """The offsets within `whole` that are stored, in order; neighbours may touch."""
        for part in slices(whole, SLICE):
            yield from (Interval(*row) for row in self._ask(_ISLANDS, partition, part))

    def tenants(self, partition: int, whole: Interval) -> Iterator[TenantRows]:
        """What is stored of each tenant; a tenant comes once a slice."""
        for part in slices(whole, SLICE):
            yield from (TenantRows(*row) for row in self._ask(_TENANTS, partition, part))

    def twins(self, firsts: list[int]) -> Iterator[list[tuple[int, int]]]:
        """Of each batch that is stored under several coordinates: partitions and offsets, in order.

        `firsts` is the offset to begin at of each partition, by number.
        """
        for (places,) in self._rows(_TWINS, topic=self._topic, firsts=firsts):
            yield sorted(places)

    def last(self) -> dict[int, int]:
        """The highest stored offset of each partition."""
        return dict(self._rows(_LAST, topic=self._topic))

    def holding(self, batches: Iterable[BatchKey]) -> set[BatchKey]:
        """Those of the batches of which rows exist, under whatever coordinates."""
        wanted = set(batches)
        if not wanted:
            return set()
        ids = sorted({batch_id.hex() for _, batch_id in wanted})
        return wanted & {(tenant, batch_id) for tenant, batch_id in self._rows(_BATCHES, ids=ids)}

    def suppressed(self, subjects: Iterable[SubjectKey]) -> dict[SubjectKey, int]:
        """Those that were erased, whole tenants too, and until which arrival (Unix milliseconds)."""
        wanted = set(subjects)
        if not wanted:
            return {}
        tenants, named = sorted({tenant for tenant, _ in wanted}), sorted({subject for _, subject in wanted})
        rows = self._rows(_SUPPRESSED, tenants=tenants, subjects=named)
        return {(tenant, subject): until for tenant, subject, until in rows}

    def _ask(self, sql: str, partition: int, part: Interval) -> Any:
        return self._rows(sql, topic=self._topic, partition=partition, first=part.first, until=part.until)

    def _rows(self, sql: str, **parameters: Any) -> Any:
        return self._client.query(sql, parameters, settings=_SETTINGS).result_rows
