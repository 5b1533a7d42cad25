"""The consumer's loop: poll, prepare, and when a batch is due insert it, then commit.

Exactly once: what is inserted is decided by claims (`fence`) and by what ClickHouse holds already (`stored`).
Kafka's committed offset says where to read on, never what is stored.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumers.batch import Batch
from consumers.claims import Claims
from consumers.dead_letters import DeadLetters
from consumers.errors import RetryLater, StopConsuming
from consumers.inserts import Inserter
from consumers.patience import GivenUp, Patience
from consumers.points import Point, reached
from consumers.positions import Positions
from consumers.record import DeadRecord, read_record
from consumers.sink import Sink
from consumers.traced import traced
from runtime import metrics, tracing
from schemas.dead_letter import Reason

log = logging.getLogger(__name__)

_MESSAGES_A_POLL = 100
"""So few that they are still in the processor's cache when they are read."""
_IDLE_SECONDS = 0.5


@dataclass(frozen=True)
class BatchLimits:
    """When a batch is due: bytes that wait, or seconds since its first record came."""

    max_bytes: int
    max_wait_seconds: float


class ConsumerLoop:
    """Moves one topic's records into ClickHouse until `stop` is called."""

    def __init__(
        self,
        consumer: Consumer,
        sink: Sink,
        positions: Positions,
        claims: Claims,
        inserter: Inserter,
        dead_letters: DeadLetters,
        limits: BatchLimits,
    ) -> None:
        self._consumer = consumer
        self._sink = sink
        self._positions = positions
        self._claims = claims
        self._inserter = inserter
        self._dead_letters = dead_letters
        self._limits = limits
        self._patience = Patience(self._keep_place)
        self._kept: list[Message] = []
        """What came while a batch waited."""
        self._rebalanced: set[int] = set()
        """Partitions that came or went since the messages in hand were polled."""
        self._batch = Batch()
        self._uncommitted: dict[int, int] = {}
        """Positions behind what is stored, by partition, while Kafka does not have them."""
        self._stopping = False

    def stop(self) -> None:
        """Finish the batch under way, then return from `run`; what is being waited for is given up."""
        self._stopping = True
        self._patience.give_up()

    def run(self, on_assigned: Callable[[], None]) -> None:
        """Consume until stopped; raises StopConsuming when an operator must act."""

        def assigned(_consumer: Consumer, partitions: list[TopicPartition]) -> None:
            reached(Point.REBALANCED, len(self._batch))
            log.info("Assigned %s", sorted(p.partition for p in partitions))
            self._forget(partitions)
            self._positions.assigned(partitions)
            on_assigned()

        def revoked(_consumer: Consumer, partitions: list[TopicPartition]) -> None:
            reached(Point.REBALANCED, len(self._batch))
            log.info("Revoked %s", sorted(p.partition for p in partitions))
            self._forget(partitions)
            self._positions.revoked(partitions)

        self._consumer.subscribe(
            [self._sink.topic.name], on_assign=assigned, on_revoke=revoked, on_lost=revoked
        )
        try:
            while not self._stopping:
                self._take(self._next_messages())
                if self._is_due():
                    self._flush()
                elif self._uncommitted and not self._batch.ends:
                    self._commit()
            self._flush()
        except GivenUp:
            log.info("Stopped while waiting; what was not stored is read again at the next start.")

    def _next_messages(self) -> list[Message]:
        """What has come: at once the first of a batch, then as much as comes until the batch is due."""
        if self._kept:
            messages, self._kept = self._kept, []
            return messages
        if self._batch.ends:
            return self._consumer.consume(_MESSAGES_A_POLL, max(0.0, self._batch.due_at - time.monotonic()))
        first = self._consumer.poll(_IDLE_SECONDS)
        return [] if first is None else [first]

    def _keep_place(self) -> None:
        """Poll, so that Kafka sees a living consumer; the record that this may bring is taken later."""
        if sum(map(len, self._kept)) < self._limits.max_bytes:
            message = self._consumer.poll(0)
            if message is not None and (fault := message.error()):
                _check_fault(fault)
            elif message is not None:
                self._kept.append(message)

    def _take(self, messages: list[Message]) -> None:
        self._rebalanced.clear()
        for message in messages:
            partition, offset = message.partition() or 0, message.offset() or 0
            if fault := message.error():
                _check_fault(fault)
            elif partition in self._rebalanced:
                pass  # whoever has the partition now reads it again
            elif self._positions.pass_over(partition, offset):
                if not self._batch.ends:
                    self._batch.due_at = time.monotonic() + self._limits.max_wait_seconds
                self._batch.see(partition, offset)
                self._prepare(message, partition)

    def _prepare(self, message: Message, partition: int) -> None:
        try:
            record = read_record(message)
            try:
                group, parts = self._sink.prepare(record)
            except RetryLater:
                group, parts = self._patience.until_it_works(lambda: self._sink.prepare(record))
        except DeadRecord as death:
            self._dead_letters.bury(message, self._positions.topic_id, death)
        else:
            if partition in self._batch.ends:  # not taken away while it waited
                self._batch.add(group, message, parts)

    def _is_due(self) -> bool:
        return bool(self._batch.ends) and (
            self._batch.size >= self._limits.max_bytes or time.monotonic() >= self._batch.due_at
        )

    def _flush(self) -> None:
        """Insert, confirm the dead letters, commit: in this order nothing is lost.

        While it waits, partitions may be taken away, and then leave the batch.
        """
        if self._batch.ends:
            reached(Point.BATCH_CUT, len(self._batch))
            with traced(self._batch, self._sink.topic, self._limits.max_wait_seconds):
                self._patience.until_it_works(self._store)
                self._patience.until_it_works(self._dead_letters.confirm)
                self._uncommitted |= self._batch.ends
                self._commit()
        self._batch = Batch()

    def _store(self) -> None:
        self._positions.check_new()
        for group, items in self._batch.groups.items():
            if items:
                self._inserter.store(group, items, self._batch.firsts, self._bury_refused)

    def _bury_refused(self, message: Message, detail: str) -> None:
        death = DeadRecord(Reason.ENGINE_REFUSED, detail)
        self._dead_letters.bury(message, self._positions.topic_id, death)

    def _commit(self) -> None:
        """Try once; what fails is tried again with the next batch, or when there is none."""
        if not self._uncommitted:
            return
        topic = self._sink.topic.name
        offsets = [TopicPartition(topic, partition, at) for partition, at in self._uncommitted.items()]
        try:
            with tracing.span("commit", {"messaging.system": "kafka"}):
                committed = self._consumer.commit(offsets=offsets, asynchronous=False) or []
            faults = [place.error for place in committed if place.error]
        except KafkaException as error:
            faults = [error.args[0]]
        if faults:  # what is stored is found stored if it is read again
            _check_fault(faults[0])
            return
        self._uncommitted.clear()
        reached(Point.COMMITTED, len(self._batch))
        for place in offsets:
            _, high = self._consumer.get_watermark_offsets(place, cached=True)
            metrics.CONSUMER_LAG.labels(place.topic, place.partition).set(max(0, high - place.offset))

    def _forget(self, partitions: list[TopicPartition]) -> None:
        """Drop what waits of partitions that another consumer now reads from their committed offsets."""
        gone = {place.partition for place in partitions}
        self._rebalanced |= gone
        self._batch.forget(gone)
        self._kept = [message for message in self._kept if message.partition() not in gone]
        for partition in gone:
            self._uncommitted.pop(partition, None)
        self._claims.drop(gone)


_FINAL = {
    KafkaError._FATAL: "Start the consumer again.",
    KafkaError.FENCED_INSTANCE_ID: "Start the consumer again: a broker's end may do this. If it comes again,"
    " another consumer has this SILLAGE_CONSUMER_INSTANCE; give each its own.",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "Allow this user to read the topic.",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "Allow this user to join the consumer group.",
}


def _check_fault(fault: KafkaError) -> None:
    """librdkafka mends most faults by itself and says so; the others end the process."""
    if fault.fatal() or fault.code() in _FINAL:
        raise StopConsuming(f"Kafka: {fault.str()} {_FINAL.get(fault.code(), '')}".strip())
    log.warning("Kafka: %s", fault.str())
