"""Chosen records of Kafka's log, read by hand: no group is joined, nothing is committed."""

from collections.abc import Iterable, Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumers.intervals import Interval
from runtime.kafka import connection
from runtime.settings import KafkaSettings

_SILENT_SECONDS = 20.0
_ASK_SECONDS = 10.0
_WORTH_A_SEEK = 2_000
"""Records that are sooner read and dropped than jumped over."""


class LogReader:
    """Reads records of any topic by their offsets; whatever it asks raises KafkaException."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._consumer = Consumer(
            {
                **connection(kafka),
                "group.id": "sillage.reader",  # required, never joined: partitions are assigned by hand
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 100,
                "queued.max.messages.kbytes": 16 << 10,
            }
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._consumer.close()

    def partitions(self, topic: str) -> list[int]:
        """The topic's partitions; none when it does not exist."""
        known = self._consumer.list_topics(timeout=_ASK_SECONDS).topics
        return sorted(known[topic].partitions) if topic in known else []

    def kept(self, topic: str, partition: int) -> Interval:
        """The offsets that Kafka keeps of a partition."""
        place = TopicPartition(topic, partition)
        return Interval(*self._consumer.get_watermark_offsets(place, timeout=_ASK_SECONDS))

    def whole(self, topic: str) -> Iterator[Message]:
        """Every record that the topic holds now, partition by partition."""
        for partition in self.partitions(topic):
            yield from self.read(topic, partition, [self.kept(topic, partition)])

    def read(self, topic: str, partition: int, wanted: Iterable[Interval]) -> Iterator[Message]:
        """The records at these offsets, which come in order.

        An offset without a record (a transaction's marker, what retention dropped) is left out.
        """
        intervals = iter(wanted)
        current = _next_filled(intervals)
        if current:
            self._go_to(topic, partition, current.first)
        while current:
            message = self._next(topic, partition)
            if message is None:
                return
            offset = message.offset() or 0
            while current and offset >= current.until:
                current = _next_filled(intervals)
            if current and offset >= current.first:
                yield message
                if offset + 1 == current.until:
                    current = _next_filled(intervals)
            if current and current.first - offset > _WORTH_A_SEEK:
                self._go_to(topic, partition, current.first)

    def _go_to(self, topic: str, partition: int, offset: int) -> None:
        self._consumer.assign([TopicPartition(topic, partition, offset)])

    def _next(self, topic: str, partition: int) -> Message | None:
        """The next record; None at the end of the partition."""
        message = self._consumer.poll(_SILENT_SECONDS)
        if message is None:
            raise KafkaException(
                KafkaError(
                    KafkaError._TIMED_OUT,
                    f"Kafka gave nothing of {topic}/{partition} for {_SILENT_SECONDS:.0f} s",
                )
            )
        fault = message.error()
        if fault is None:
            return message
        if fault.code() == KafkaError._PARTITION_EOF:
            return None
        raise KafkaException(fault)


def _next_filled(intervals: Iterator[Interval]) -> Interval | None:
    return next((one for one in intervals if one.length), None)
