"""Kafka's topics: how long each keeps what, by its own account, and the oldest record that it has."""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, OffsetSpec, ResourceType

from privacy.retention.reading import CannotTell, Reach, Reading
from runtime.kafka import Admin, connection
from runtime.positions import TIMEOUT, Place, Position, offsets, positions
from runtime.settings import KafkaSettings
from schemas.topics import SCHEMAS, Topic
from schemas.usage import unpack_received_at

_silent = logging.getLogger(f"{__name__}.connections")
_silent.disabled = True  # that a broker does not answer is told once, by the report
_CHECK_INTERVAL = "log.retention.check.interval.ms"
_CHECK_INTERVAL_MS = 300_000
_OF_EXPIRY = ("cleanup.policy", "retention.ms", "segment.ms", "message.timestamp.type")
_OWN_PREFIX = SCHEMAS.name.partition(".")[0] + "."


@dataclass(frozen=True)
class _Oldest:
    received_at: datetime | None
    appended_at: datetime


def longest(topic: Topic) -> timedelta:
    """The longest that a record rests: a segment goes when its last record is due and the broker looks."""
    keeps, segment = (int(topic.config[name]) for name in ("retention.ms", "segment.ms"))
    delete_delay_ms = 60_000
    return timedelta(milliseconds=keeps + segment + _CHECK_INTERVAL_MS + delete_delay_ms)


def measure(topic: Topic, reach: Reach, now: datetime) -> Reading:
    """Read the first record of each partition. Raises KafkaException, CannotTell."""
    admin = Admin(reach.kafka, quiet=True)
    places = positions(admin, None, [topic.name])
    if not places:
        raise CannotTell(f"There is no topic {topic.name}. Run `sillage migrate`.")
    oldest = _first_records(reach.kafka, places)
    due = now - longest(topic)
    stamps = [one.received_at for one in oldest if one.received_at]
    limit, problem = _limit(admin, topic)
    return Reading(
        limit_in_store=limit,
        oldest_received_at=min(stamps, default=None),
        records=sum(at.end - at.first for at in places.values()),
        overdue_records=_appended_before(admin, places, due),
        next_drop=min((one.appended_at + longest(topic) for one in oldest), default=None),
        problem=problem,
    )


def strays(known: list[str], reach: Reach, _: datetime) -> Reading:
    """Topics that are named as Sillage's are, and that the inventory lacks."""
    found = Admin(reach.kafka, quiet=True).list_topics(timeout=TIMEOUT).topics
    others = sorted(name for name in found if name.startswith(_OWN_PREFIX) and name not in known)
    return Reading(
        records=len(others),
        problem=f"In no inventory: topic {', '.join(others)}. Delete it, or it keeps what it has."
        if others
        else "",
    )


def _limit(admin: AdminClient, topic: Topic) -> tuple[str, str]:
    """What the broker says that the topic keeps, and how that differs from what is declared."""
    of_topic = ConfigResource(ResourceType.TOPIC, topic.name)
    of_broker = ConfigResource(
        ResourceType.BROKER, str(next(iter(admin.list_topics(timeout=TIMEOUT).brokers)))
    )
    asked = admin.describe_configs([of_topic, of_broker], request_timeout=TIMEOUT)
    found = {name: entry.value for name, entry in asked[of_topic].result().items()}
    looks = int(asked[of_broker].result()[_CHECK_INTERVAL].value)
    wrong = [
        f"{name} is {found.get(name)}; {topic.config[name]} is declared"
        for name in _OF_EXPIRY
        if found.get(name) != topic.config[name]
    ]
    if looks > _CHECK_INTERVAL_MS:
        wrong.append(f"the broker's {_CHECK_INTERVAL} is {looks}; at most {_CHECK_INTERVAL_MS} is counted on")
    return f"retention.ms {found['retention.ms']}, segment.ms {found['segment.ms']}", "; ".join(wrong)


def _first_records(kafka: KafkaSettings, places: dict[Place, Position]) -> list[_Oldest]:
    """The first record of each partition that has one; CannotTell when one does not come."""
    first = [TopicPartition(*place, at.first) for place, at in places.items() if at.end > at.first]
    consumer = Consumer(
        {
            **connection(kafka),
            "group.id": "sillage.retention",  # required, never joined: the partitions are assigned by hand
            "enable.auto.commit": False,
            "fetch.message.max.bytes": 1 << 16,
        },
        logger=_silent,
    )
    try:
        return [_read(consumer, at) for at in first]
    finally:
        consumer.close()


def _read(consumer: Consumer, at: TopicPartition) -> _Oldest:
    consumer.assign([at])
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until:
        message = consumer.poll(TIMEOUT)
        if message and not message.error():
            return _Oldest(_received_at(message), _moment(message.timestamp()[1]))
    raise CannotTell(f"The first record of {at.topic} partition {at.partition} could not be read.")


def _received_at(message: Message) -> datetime | None:
    stamp = dict(message.headers() or ()).get("received_at")
    return _moment(unpack_received_at(stamp)) if isinstance(stamp, bytes) and len(stamp) == 8 else None


def _appended_before(admin: AdminClient, places: dict[Place, Position], due: datetime) -> int:
    """Records that the partitions should no longer have."""
    at = int(due.timestamp() * 1_000)
    kept = offsets(admin, list(places), lambda: OffsetSpec.for_timestamp(at))
    # -1: no record is as young as that, so all of them are overdue.
    ends = {place: kept[place] if kept[place] >= 0 else held.end for place, held in places.items()}
    return sum(max(0, ends[place] - held.first) for place, held in places.items())


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)
