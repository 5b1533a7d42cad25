"""The consumer's loop: poll, prepare, and when a batch is due insert it, then commit.

At least once: offsets are committed after ClickHouse has acknowledged, never before.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumers.dead_letters import DeadLetters
from consumers.errors import RetryLater, StopConsuming
from consumers.inserts import Inserter, Pending
from consumers.patience import GivenUp, Patience
from consumers.record import DeadRecord, read_record
from consumers.sink import Sink
from runtime import metrics
from schemas.dead_letter import Reason

log = logging.getLogger(__name__)

_MESSAGES_A_POLL = 500
_IDLE_SECONDS = 0.5


@dataclass(frozen=True)
class BatchLimits:
    """When a batch is due: bytes that wait, or seconds since its first record came."""

    max_bytes: int
    max_wait_seconds: float


@dataclass
class _Batch:
    """What waits for the next INSERT."""

    groups: defaultdict[bytes, list[Pending]] = field(default_factory=lambda: defaultdict(list))
    """The pending records, by what may share an INSERT."""
    bytes: int = 0
    due_at: float = 0.0
    offsets: dict[int, int] = field(default_factory=dict)
    """The position behind the last record of each partition, dead ones included."""


class ConsumerLoop:
    """Moves one topic's records into ClickHouse until `stop` is called."""

    def __init__(
        self,
        consumer: Consumer,
        sink: Sink,
        topic_id: bytes,
        inserter: Inserter,
        dead_letters: DeadLetters,
        limits: BatchLimits,
    ) -> None:
        self._consumer = consumer
        self._sink = sink
        self._topic_id = topic_id
        self._inserter = inserter
        self._dead_letters = dead_letters
        self._limits = limits
        self._patience = Patience(consumer)
        self._batch = _Batch()
        self._stopping = False

    def stop(self) -> None:
        """Finish the batch under way, then return from `run`; what is being waited for is given up."""
        self._stopping = True
        self._patience.give_up()

    def run(self, on_assigned: Callable[[], None]) -> None:
        """Consume until stopped; raises StopConsuming when an operator must act."""

        def assigned(_consumer: Consumer, partitions: list[TopicPartition]) -> None:
            log.info("Assigned %s", sorted(p.partition for p in partitions))
            self._patience.assigned(partitions)
            on_assigned()

        def revoked(_consumer: Consumer, partitions: list[TopicPartition]) -> None:
            log.info("Revoked %s", sorted(p.partition for p in partitions))
            self._forget(partitions)

        self._consumer.subscribe(
            [self._sink.topic.name], on_assign=assigned, on_revoke=revoked, on_lost=revoked
        )
        try:
            while not self._stopping:
                self._take(self._next_messages())
                if self._is_due():
                    self._flush()
            self._flush()
        except GivenUp:
            log.info("Stopped while waiting; what was not stored is read again at the next start.")

    def _next_messages(self) -> list[Message]:
        """What has come: at once the first of a batch, then as much as comes until the batch is due."""
        if self._batch.offsets:
            return self._consumer.consume(_MESSAGES_A_POLL, max(0.0, self._batch.due_at - time.monotonic()))
        first = self._consumer.poll(_IDLE_SECONDS)
        return [] if first is None else [first]

    def _take(self, messages: list[Message]) -> None:
        for message in messages:
            if fault := message.error():
                _check_fault(fault)
                continue
            if not self._batch.offsets:
                self._batch.due_at = time.monotonic() + self._limits.max_wait_seconds
            self._prepare(message)
            self._batch.offsets[message.partition() or 0] = (message.offset() or 0) + 1

    def _prepare(self, message: Message) -> None:
        try:
            record = read_record(message, self._topic_id)
            try:
                group, data = self._sink.prepare(record)
            except RetryLater:
                group, data = self._patience.until_it_works(lambda: self._sink.prepare(record))
        except DeadRecord as death:
            self._dead_letters.bury(message, self._topic_id, death)
            return
        self._batch.groups[group].append((message, data))
        self._batch.bytes += len(data)

    def _is_due(self) -> bool:
        return bool(self._batch.offsets) and (
            self._batch.bytes >= self._limits.max_bytes or time.monotonic() >= self._batch.due_at
        )

    def _flush(self) -> None:
        """Insert, confirm the dead letters, commit: in this order nothing is lost."""
        if not self._batch.offsets:
            return
        batch, self._batch = self._batch, _Batch()
        for group, items in batch.groups.items():
            self._patience.until_it_works(partial(self._inserter.store, group, items, self._bury_refused))
        self._patience.until_it_works(self._dead_letters.confirm)
        self._commit(batch)

    def _bury_refused(self, message: Message, detail: str) -> None:
        self._dead_letters.bury(message, self._topic_id, DeadRecord(Reason.ENGINE_REFUSED, detail))

    def _commit(self, batch: _Batch) -> None:
        topic = self._sink.topic.name
        offsets = [TopicPartition(topic, partition, at) for partition, at in batch.offsets.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            log.warning("Offsets are not committed; their records may be stored twice: %s", error)
        for place in offsets:
            _, high = self._consumer.get_watermark_offsets(place, cached=True)
            metrics.CONSUMER_LAG.labels(place.topic, place.partition).set(max(0, high - place.offset))

    def _forget(self, partitions: list[TopicPartition]) -> None:
        """Drop what waits of partitions that another consumer now reads from their committed offsets."""
        gone = {place.partition for place in partitions}
        kept = _Batch(due_at=self._batch.due_at)
        kept.offsets = {place: at for place, at in self._batch.offsets.items() if place not in gone}
        for group, items in self._batch.groups.items():
            if left := [item for item in items if item[0].partition() not in gone]:
                kept.groups[group] = left
                kept.bytes += sum(len(data) for _, data in left)
        self._batch = kept


def _check_fault(fault: KafkaError) -> None:
    """librdkafka mends most faults by itself and says so; the others end the process."""
    if fault.fatal() or fault.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
        raise StopConsuming(f"Kafka: {fault.str()}")
    log.warning("Kafka: %s", fault.str())
