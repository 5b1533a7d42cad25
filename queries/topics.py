"""What Kafka holds, and how far the consumer group has come with it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

_TIMEOUT = 5.0
_RATE_SECONDS = 10
"""Over how long the rate is taken; Kafka finds the offset of that moment, so nothing waits."""

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


@dataclass(frozen=True)
class TopicStatus:
    """One topic."""

    name: str
    records: int
    """Offsets between the first that is kept and the end: an upper bound for a compacted topic."""
    lag: int | None
    """Records that the group has not stored; None for a topic that it does not read."""
    records_per_second: float
    """Appended, over the last ten seconds."""


def positions(admin: AdminClient, group: str, names: Sequence[str]) -> dict[Place, Position]:
    """Every partition of these topics that exists; raises KafkaException."""
    places = _places(admin, names)
    first = _offsets(admin, places, OffsetSpec.earliest)
    end = _offsets(admin, places, OffsetSpec.latest)
    committed = _committed(admin, group)
    return {place: Position(first[place], end[place], committed.get(place)) for place in places}


def topics(admin: AdminClient, group: str, names: Sequence[str], read: Sequence[str]) -> list[TopicStatus]:
    """These topics, without those that do not exist; `read` are the ones that the group reads.

    Raises KafkaException.
    """
    found = positions(admin, group, names)
    before = _offsets(admin, list(found), lambda: OffsetSpec.for_timestamp(_milliseconds_ago(_RATE_SECONDS)))
    statuses = []
    for name in names:
        places = [place for place in found if place[0] == name]
        if not places:
            continue
        appended = sum(found[at].end - before[at] for at in places if before[at] >= 0)
        statuses.append(
            TopicStatus(
                name=name,
                records=sum(found[at].end - found[at].first for at in places),
                lag=sum(found[at].lag for at in places) if name in read else None,
                records_per_second=appended / _RATE_SECONDS,
            )
        )
    return statuses


def members(admin: AdminClient, group: str) -> int:
    """How many consumers the group has; raises KafkaException."""
    described = admin.describe_consumer_groups([group], request_timeout=_TIMEOUT)[group].result()
    return len(described.members)


def _places(admin: AdminClient, names: Sequence[str]) -> list[Place]:
    known = admin.list_topics(timeout=_TIMEOUT).topics
    return [(name, number) for name in names if name in known for number in sorted(known[name].partitions)]


def _offsets(admin: AdminClient, places: Sequence[Place], spec: Callable[[], OffsetSpec]) -> dict[Place, int]:
    """The offset that the spec finds in each partition; -1 where it finds none."""
    if not places:
        return {}
    asked = {TopicPartition(*place): spec() for place in places}
    found = admin.list_offsets(asked, request_timeout=_TIMEOUT)
    return {(at.topic, at.partition): future.result().offset for at, future in found.items()}


def _committed(admin: AdminClient, group: str) -> dict[Place, int]:
    asked = [ConsumerGroupTopicPartitions(group)]
    found = admin.list_consumer_group_offsets(asked, request_timeout=_TIMEOUT)[group].result()
    return {(at.topic, at.partition): at.offset for at in found.topic_partitions or [] if at.offset >= 0}


def _milliseconds_ago(seconds: int) -> int:
    return time.time_ns() // 1_000_000 - seconds * 1_000
