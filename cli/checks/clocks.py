"""Whether the clocks of this machine, ClickHouse and Kafka agree: expiry leans on them."""

import time
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition

from cli.checks.finding import Finding, broken, look, ok
from cli.surroundings import Surroundings
from consumers.record import CLOCK_TOLERANCE_MS
from runtime.kafka import connection
from runtime.positions import positions
from schemas.topics import USAGE
from schemas.usage import unpack_received_at

_NOTICEABLE_MS = 2_000
_TIMEOUT = 5.0
_REMEDY = "Let NTP (chrony, systemd-timesyncd) set the clock of every machine."


class Stamps(NamedTuple):
    """Of one record, Unix milliseconds: the collector's arrival stamp, the broker's LogAppendTime."""

    received_at: int
    appended_at: int


def clickhouse_clock(around: Surroundings) -> Finding:
    """ClickHouse's clock against this machine's, at the middle of a round trip."""
    asked = _now()
    theirs = around.server.query("SELECT toUnixTimestamp64Milli(now64(3))").result_rows[0][0]
    answered = _now()
    return judge_skew(theirs - (asked + answered) // 2, "ClickHouse's clock and this machine's")


def kafka_clock(around: Surroundings) -> Finding:
    """Kafka's clock, by the newest record: it was appended after it was received, and before now."""
    newest = _newest(around)
    if newest is None:
        return ok(f"{USAGE.name} has no record whose stamps could be compared")
    ahead = newest.appended_at - _now()
    if ahead > 0:
        return judge_skew(ahead, "Kafka's last append and this machine's clock")
    return judge_skew(min(newest.appended_at - newest.received_at, 0), "Kafka's last append and its arrival")


def judge_skew(milliseconds: int, between: str) -> Finding:
    """Noticeable from 2 s; from five minutes the consumer takes a record's stamp for implausible."""
    saw = f"{between} lie {abs(milliseconds):,} ms apart"
    if abs(milliseconds) > CLOCK_TOLERANCE_MS:
        return broken(saw, f"{_REMEDY} Records with such stamps become dead letters.")
    if abs(milliseconds) > _NOTICEABLE_MS:
        return look(saw, _REMEDY)
    return ok(saw if milliseconds else f"{between} agree")


def _newest(around: Surroundings) -> Stamps | None:
    """The stamps of the last record of the partitions; None where there is none, or it carries no stamp."""
    held = positions(around.kafka, around.settings.consumer_group, [USAGE.name])
    last = [TopicPartition(*place, at.end - 1) for place, at in held.items() if at.end > at.first]
    if not last:
        return None
    consumer = Consumer(
        {
            **connection(around.settings),
            "group.id": "sillage.doctor",  # required, never joined: the partitions are assigned by hand
            "enable.auto.commit": False,
        }
    )
    try:
        consumer.assign(last)
        messages = [message for message in consumer.consume(len(last), _TIMEOUT) if not message.error()]
    finally:
        consumer.close()
    stamps = []
    for message in messages:
        stamp = dict(message.headers() or ()).get("received_at")
        if isinstance(stamp, bytes) and len(stamp) == 8:
            stamps.append(Stamps(unpack_received_at(stamp), message.timestamp()[1]))
    return max(stamps, key=lambda one: one.appended_at, default=None)


def _now() -> int:
    return time.time_ns() // 1_000_000
