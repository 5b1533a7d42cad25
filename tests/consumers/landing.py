"""Consumers without Kafka: records at chosen coordinates, inserted into a database of a test's own."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from clickhouse_connect.driver.client import Client
from confluent_kafka import Message

from consumers.batch import Pending
from consumers.claims import Claims
from consumers.enrichment.agents import Agent
from consumers.enrichment.geography import Place
from consumers.inserts import Inserter
from consumers.record import Record
from consumers.sink import Sink
from consumers.usage import UsageSink
from schemas import usage
from schemas.framing import SingleObject
from tests.consumers.test_usage_sink import batch, encoded

FRAMING = SingleObject(usage.fingerprint(usage.BATCH))
TOPIC_ID = b"t" * 16
AGENT = Agent("Firefox", "140", "Linux", "", "desktop", ())
PLACE = Place("FR", "Bretagne", "Brest", "Europe/Paris")


def content(events: int = 3, **changes: Any) -> dict[str, Any]:
    """One batch with ids of its own."""
    now = time.time_ns() // 1_000_000
    (event, *_) = batch()["events"]
    own = [event | {"event_id": uuid.uuid4().bytes, "at": now} for _ in range(events)]
    return batch(sdk="js/1", events=own, **changes)


@dataclass
class OneConsumer:
    """A consumer's way from a record to ClickHouse."""

    client: Client
    tenant: bytes = b"demo"
    schema: usage.Schema = field(default_factory=lambda: usage.BATCH)
    buried: list[int] = field(default_factory=list)
    group: bytes = FRAMING.frame(b"")

    def __post_init__(self) -> None:
        self.sink = self._sink()
        self.claims = Claims(self.client, self.sink, TOPIC_ID)
        self.inserter = Inserter(self.client, self.sink, self.claims)

    def _sink(self) -> Sink:
        return UsageSink(TOPIC_ID, lambda _: self.schema, lambda _: AGENT, lambda _: PLACE)

    def pending(
        self, offset: int, value: dict[str, Any], partition: int = 0, arrived: int | None = None
    ) -> Pending:
        """One record, prepared; it arrived now, or when it is said (Unix milliseconds)."""
        framed = FRAMING.frame(encoded(value, self.schema))
        now = time.time_ns() // 1_000_000
        _, parts = self.sink.prepare(Record(offset, framed, self.tenant, now if arrived is None else arrived))
        return Message(topic="sillage.usage", value=framed, partition=partition, offset=offset), parts

    def store(self, items: Sequence[Pending]) -> None:
        """Insert them as the loop does."""
        firsts: dict[int, int] = {}
        for message, _ in items:
            firsts.setdefault(message.partition() or 0, message.offset() or 0)
        self.inserter.store(self.group, items, firsts, self._bury)

    def _bury(self, message: Message, _detail: str) -> None:
        self.buried.append(message.offset() or 0)


def rows(client: Client) -> dict[tuple[int, int], int]:
    """The number of rows by partition and offset."""
    sql = "SELECT kafka_partition, kafka_offset, count() FROM usage_events GROUP BY 1, 2"
    return {(partition, offset): count for partition, offset, count in client.query(sql).result_rows}
