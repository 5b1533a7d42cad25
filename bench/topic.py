"""A topic without a collector: records in, and how far the consumers have come."""

import os
import time

from confluent_kafka import Consumer, Producer, TopicPartition

from bench.processes import Engines
from bench.traffic import TENANT
from schemas import usage
from schemas.spans import record_key
from schemas.topics import CODEC, SPANS, USAGE, Topic, group_of

_POLL_SECONDS = 0.1


class RecordTopic:
    """Writes records as the collector does, and asks Kafka what the group has committed."""

    def __init__(self, at: Engines, topic: Topic, *headers: tuple[str, bytes]) -> None:
        """The headers follow the tenant and the arrival stamp."""
        brokers = at.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"]
        self._producer = Producer(
            {
                "bootstrap.servers": brokers,
                "compression.type": CODEC,
                "linger.ms": 20,
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        self._watcher = Consumer({"bootstrap.servers": brokers, "group.id": group_of(topic, "sillage")})
        self.what = topic.what
        self._topic, self._headers = topic.name, headers
        self._places = [TopicPartition(topic.name, partition) for partition in range(topic.partitions)]

    def send(self, value: bytes) -> None:
        """Write one batch, as arrived now and never before: the key of spans is their batch id."""
        headers: list[tuple[str, str | bytes | None]] = [
            ("tenant", TENANT.encode()),
            ("received_at", usage.pack_received_at(time.time_ns() // 1_000_000)),
            *self._headers,
        ]
        self._producer.produce(
            self._topic, value, key=record_key(time.time_ns(), os.urandom(8)), headers=headers
        )
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until Kafka has all of them."""
        self._producer.flush()

    def ends(self) -> dict[int, int]:
        """The end of each partition."""
        return {p.partition: self._watcher.get_watermark_offsets(p)[1] for p in self._places}

    def committed(self) -> dict[int, int]:
        """What the group has committed of each partition."""
        return {p.partition: max(0, p.offset) for p in self._watcher.committed(self._places)}

    def lag(self) -> int:
        """Records that wait."""
        return sum(self.ends().values()) - sum(self.committed().values())

    def wait_until_committed(self, seconds: float = 180) -> None:
        """Wait until the group has committed all that is there now; raises TimeoutError."""
        ends, deadline = self.ends(), time.monotonic() + seconds
        while any(at < ends[partition] for partition, at in self.committed().items()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the consumers did not come to the end within {seconds:.0f} s")
            time.sleep(_POLL_SECONDS)


def usage_topic(at: Engines) -> RecordTopic:
    """The topic of usage batches."""
    return RecordTopic(at, USAGE)


def spans_topic(at: Engines) -> RecordTopic:
    """The topic of spans, of a tenant that keeps them for 90 days."""
    return RecordTopic(at, SPANS, ("retention_days", bytes([90])))
