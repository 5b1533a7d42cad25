"""Where a consumer group stands in its topics, against what Kafka holds of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

TIMEOUT = 5.0

Place = tuple[str, int]
"""A topic and a partition of it."""


@dataclass(frozen=True)
class Position:
    """One partition's offsets: the first that is kept, the next to be written, the next the group reads."""

    first: int
    end: int
    committed: int | None
    """None while the group has committed nothing."""

    @property
    def lag(self) -> int:
        """Records that the group has not come to; what has expired unread is gone and does not count."""
        return self.end - max(self.committed or 0, self.first)


def positions(admin: AdminClient, group: str | None, names: Sequence[str]) -> dict[Place, Position]:
    """Every partition of these topics that exists, and where the group stands, if any is meant.

    Raises KafkaException. What is committed is asked first: under traffic it may be behind the end, never
    beyond it.
    """
    places = _places(admin, names)
    committed = _committed(admin, group) if group else {}
    first = offsets(admin, places, OffsetSpec.earliest)
    end = offsets(admin, places, OffsetSpec.latest)
    return {place: Position(first[place], end[place], committed.get(place)) for place in places}


def offsets(admin: AdminClient, places: Sequence[Place], spec: Callable[[], OffsetSpec]) -> dict[Place, int]:
    """The offset that the spec finds in each partition; -1 where it finds none. Raises KafkaException."""
    if not places:
        return {}
    asked = {TopicPartition(*place): spec() for place in places}
    found = admin.list_offsets(asked, request_timeout=TIMEOUT)
    return {(at.topic, at.partition): future.result().offset for at, future in found.items()}


def _places(admin: AdminClient, names: Sequence[str]) -> list[Place]:
    known = admin.list_topics(timeout=TIMEOUT).topics
    return [(name, number) for name in names if name in known for number in sorted(known[name].partitions)]


def _committed(admin: AdminClient, group: str) -> dict[Place, int]:
    asked = [ConsumerGroupTopicPartitions(group)]
    found = admin.list_consumer_group_offsets(asked, request_timeout=TIMEOUT)[group].result()
    return {(at.topic, at.partition): at.offset for at in found.topic_partitions or [] if at.offset >= 0}
