"""What Kafka holds, and how far the consumer group has come with it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka.admin import AdminClient, OffsetSpec

from runtime.positions import TIMEOUT, Place, Position, offsets, positions

_RATE_SECONDS = 10
"""Over how long the rate is taken; Kafka finds the offset of that moment, so nothing waits."""


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


def topics(admin: AdminClient, names: Sequence[str], groups: Mapping[str, str]) -> list[TopicStatus]:
    """These topics, without those that do not exist; `groups` are those that read some of them, by topic.

    Raises KafkaException.
    """
    found: dict[Place, Position] = {}
    for name in names:
        found |= positions(admin, groups.get(name), [name])
    before = offsets(admin, list(found), lambda: OffsetSpec.for_timestamp(_milliseconds_ago(_RATE_SECONDS)))
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
                lag=sum(found[at].lag for at in places) if name in groups else None,
                records_per_second=appended / _RATE_SECONDS,
            )
        )
    return statuses


def members(admin: AdminClient, group: str) -> int:
    """How many consumers the group has; raises KafkaException."""
    described = admin.describe_consumer_groups([group], request_timeout=TIMEOUT)[group].result()
    return len(described.members)


def _milliseconds_ago(seconds: int) -> int:
    return time.time_ns() // 1_000_000 - seconds * 1_000
