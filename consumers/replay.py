"""Dead letters sent again: the normal way, with the arrival stamp that they had."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from confluent_kafka import KafkaException, Message, Producer

from consumers import span_requests
from consumers.intervals import Interval
from consumers.log_reader import LogReader
from consumers.record import LONGEST_WAIT_MS
from consumers.retention import has_expired
from consumers.usage_batches import BatchDecoder, Undecodable, batch_id
from runtime.kafka import connection
from runtime.settings import KafkaSettings
from schemas.dead_letter import DeadLetter, Headers, Reason
from schemas.replay import REPLAYED_FROM, Replay
from schemas.spans import RETENTION_DAYS as RETENTION_DAYS_HEADER
from schemas.topics import CODEC, DAY_MS, REPLAYS, RETENTION_DAYS, SPANS
from schemas.usage import pack_received_at, unpack_received_at

_ACK_SECONDS = 30.0


class Refusal(StrEnum):
    """Why a letter is not sent again: what an operator reads."""

    REPLAYED = "It was sent again already; --again sends it once more, and nothing is stored twice."
    TOPIC_GONE = "Its topic does not exist any more."
    NO_TENANT = "It does not say whose it is: name the tenant by --tenant."
    OTHER_TENANT = "It names its tenant itself, which --tenant must not change."
    UNREADABLE = "Its value is no whole batch: write it by `dead show --raw`, repair it, pass it by --value."
    TOO_OLD = "It arrived longer ago than anything may wait, and would die again."
    EXPIRED = "Its tenant's retention has passed: it must not come back."


class RefuseReplay(Exception):
    """This letter is not sent again."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True)
class Repair:
    """What an operator mends of a letter; None leaves it as it is."""

    value: bytes | None = None
    tenant: str | None = None


class _Known(NamedTuple):
    """What is to be read of a record before it is sent."""

    key: bytes
    """Which its batch has from the first time on."""
    retention_days: int
    headers: dict[str, bytes]
    """Those that its topic's records carry beside the tenant and the arrival stamp."""


class Replayer:
    """Sends dead letters again to the topics that they came from, one after the other."""

    def __init__(self, kafka: KafkaSettings, reader: LogReader, decoder: BatchDecoder) -> None:
        self._reader = reader
        self._decoder = decoder
        self._producer = Producer(
            {
                **connection(kafka),
                "acks": "all",
                "enable.idempotence": True,
                "compression.type": CODEC,
                "delivery.timeout.ms": int(1_000 * _ACK_SECONDS),
            }
        )

    def send(self, letter: DeadLetter, repair: Repair) -> Replay:
        """Give the note of the replay, once all in-sync replicas have the record and the note.

        Raises RefuseReplay, with nothing sent, and KafkaException. Sent twice by whatever accident, the
        second is a client's retry to the consumers: it leaves no rows.
        """
        if not self._reader.partitions(letter.topic):
            raise RefuseReplay(Refusal.TOPIC_GONE)
        value = letter.value if repair.value is None else repair.value
        tenant = _tenant(letter, repair)
        received_at = self._received_at(letter)
        known = self._read(letter, value)
        _check_age(received_at, known.retention_days)
        headers = _headers(letter, known.headers, tenant, received_at)
        at = time.time_ns() // 1_000_000
        sent = self._deliver(letter.topic, known.key, value, headers)
        note = Replay(letter.key(), at, f"{sent.topic()}/{sent.partition()}/{sent.offset()}")
        self._deliver(REPLAYS.name, note.letter, b"", note.to_headers())
        return note

    def _read(self, letter: DeadLetter, value: bytes) -> _Known:
        try:
            if letter.topic == SPANS.name:
                days = span_requests.retention_days(dict(letter.headers).get(RETENTION_DAYS_HEADER, b""))
                return _Known(span_requests.key_of(value), days, {RETENTION_DAYS_HEADER: bytes([days])})
            days = self._decoder.decode(value)["retention_days"]
            return _Known(batch_id(value) or letter.key(), days, {})
        except Undecodable:
            raise RefuseReplay(Refusal.UNREADABLE) from None

    def _received_at(self, letter: DeadLetter) -> int:
        """The first arrival stamp, or, where there is none to believe, one that is surely no later.

        Retention counts from it, so a replay must never move it forward: Kafka's append time of the original
        record, while Kafka keeps that; else the earliest at which the record can have been appended.
        """
        stamp = dict(letter.headers).get("received_at", b"")
        first = unpack_received_at(stamp) if len(stamp) == 8 else None
        if first is not None and letter.reason is not Reason.STAMP_IMPLAUSIBLE:
            return first
        appended = self._appended_at(letter)
        known = letter.at - RETENTION_DAYS * DAY_MS if appended is None else appended
        return known if first is None else min(first, known)

    def _appended_at(self, letter: DeadLetter) -> int | None:
        """LogAppendTime of the original; None when Kafka has dropped it, or made the topic anew."""
        place = Interval(letter.offset, letter.offset + 1)
        kept = self._reader.kept(letter.topic, letter.partition)
        if not kept.first <= letter.offset < kept.until:
            return None
        for message in self._reader.read(letter.topic, letter.partition, [place]):
            if message.value() == letter.value:
                return min(letter.at, message.timestamp()[1])
        return None

    def _deliver(self, topic: str, key: bytes, value: bytes, headers: Headers) -> Message:
        delivered: list[tuple[Any, Message]] = []
        carried: list[tuple[str, str | bytes | None]] = [*headers]
        self._producer.produce(
            topic, value, key=key, headers=carried, on_delivery=lambda *report: delivered.append(report)
        )
        self._producer.flush()
        ((error, message),) = delivered
        if error:
            raise KafkaException(error)
        return message


def _check_age(received_at: int, retention_days: int) -> None:
    """What would only die again, or what must be forgotten, is not sent."""
    now = datetime.now(UTC)
    if has_expired(received_at, retention_days, now):
        raise RefuseReplay(Refusal.EXPIRED)
    if now.timestamp() * 1_000 - received_at > LONGEST_WAIT_MS:
        raise RefuseReplay(Refusal.TOO_OLD)


def _tenant(letter: DeadLetter, repair: Repair) -> bytes:
    carried = dict(letter.headers).get("tenant", b"")
    if repair.tenant is None:
        if not carried:
            raise RefuseReplay(Refusal.NO_TENANT)
        return carried
    if carried and carried != repair.tenant.encode():
        raise RefuseReplay(Refusal.OTHER_TENANT)
    return repair.tenant.encode()


def _headers(letter: DeadLetter, known: dict[str, bytes], tenant: bytes, received_at: int) -> Headers:
    """The original's headers; what was missing of them, and where the record comes from, is put in."""
    own = {"tenant": tenant, "received_at": pack_received_at(received_at), REPLAYED_FROM: letter.key()}
    return list((dict(letter.headers) | known | own).items())
