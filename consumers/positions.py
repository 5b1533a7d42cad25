"""Where each assigned partition is read, and whether what comes is what must come next."""

import logging
from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from consumers.errors import RetryLater, StopConsuming
from runtime import metrics, topics
from schemas.topics import Topic

log = logging.getLogger(__name__)

_COMMITTED_SECONDS = 10.0


class Positions:
    """The next offset of each assigned partition of one topic."""

    def __init__(self, consumer: Consumer, admin: AdminClient, topic: Topic, topic_id: bytes) -> None:
        self.topic_id = topic_id
        """Kafka's id of the topic, 16 bytes: of the topic that the coordinates belong to."""
        self._consumer = consumer
        self._admin = admin
        self._topic = topic
        self._next: dict[int, int | None] = {}
        """None before the first record after an assignment."""
        self._new: dict[int, int | None] = {}
        """Partitions that nothing was stored of since their assignment, with their first record's offset."""

    def assigned(self, partitions: Iterable[TopicPartition]) -> None:
        """These are read from now on."""
        for place in partitions:
            self._next[place.partition] = None
            self._new[place.partition] = None

    def revoked(self, partitions: Iterable[TopicPartition]) -> None:
        """These are no longer read here."""
        for place in partitions:
            self._next.pop(place.partition, None)
            self._new.pop(place.partition, None)

    def pass_over(self, partition: int, offset: int) -> bool:
        """Note a record that was read; False when its partition is not assigned: leave it alone.

        Raises StopConsuming when offsets go back: the topic is not the one it was.
        """
        if partition not in self._next:
            return False
        due = self._next[partition]
        if due is None:
            self._new[partition] = offset
        elif offset < due:
            raise StopConsuming(
                f"Partition {partition} of {self._topic.name} goes back from offset {due} to {offset}: the "
                f"topic was made anew, or its log was cut. Start the consumer again: it reads from there."
            )
        elif offset > due:
            self._warn_of_gap(partition, due, offset)
        self._next[partition] = offset + 1
        return True

    def check_new(self) -> None:
        """Before anything of new partitions is stored: is the topic the same, did anything expire?

        Raises RetryLater while Kafka does not say, StopConsuming when the topic was made anew.
        """
        firsts = {partition: first for partition, first in self._new.items() if first is not None}
        if not firsts:
            return
        asked = [TopicPartition(self._topic.name, partition) for partition in firsts]
        try:
            topic_id = topics.topic_id(self._admin, self._topic)
            committed = self._consumer.committed(asked, timeout=_COMMITTED_SECONDS)
        except KafkaException as error:
            raise RetryLater(f"Kafka does not say what was committed: {error}") from error
        if topic_id != self.topic_id:
            raise StopConsuming(
                f"{self._topic.name} was deleted and made anew. Nothing was stored of the new one; start the "
                f"consumer again."
            )
        for place in committed:
            if 0 <= place.offset < firsts[place.partition]:
                self._warn_of_gap(place.partition, place.offset, firsts[place.partition])
            del self._new[place.partition]

    def _warn_of_gap(self, partition: int, due: int, offset: int) -> None:
        """No producer of Sillage's leaves gaps: what is missing has passed the topic's retention."""
        metrics.EXPIRED_UNREAD.labels(self._topic.name).inc(offset - due)
        log.error(
            "Lost: %s partition %d, offsets %d to %d left Kafka before they were stored. Give the topic a "
            "longer retention, or add consumers.",
            self._topic.name, partition, due, offset - 1,
        )  # fmt: skip
