"""A Kafka record as the sinks see it, and what every record must carry to be stored."""

from dataclasses import dataclass

from confluent_kafka import Message

from schemas.dead_letter import Headers, Reason
from schemas.topics import DAY_MS, RETENTION_DAYS
from schemas.usage import unpack_received_at

CLOCK_TOLERANCE_MS = 5 * 60_000
"""How far the clocks of a collector and a broker may lie apart."""
LONGEST_WAIT_MS = 2 * RETENTION_DAYS * DAY_MS
"""Longest time from arrival to Kafka's append: what the collector's spool and a replay may take."""


class DeadRecord(Exception):
    """Send this record to the dead letters: it cannot be stored, now or later."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(slots=True)
class Record:
    """One Kafka record whose headers are in order. Times are Unix milliseconds."""

    offset: int
    value: bytes
    tenant: bytes
    received_at: int
    key: bytes = b""
    retention_days: bytes = b""
    """The header of that name, one byte, of records whose value does not say it."""


def read_record(message: Message) -> Record:
    """Check a message's headers; raises DeadRecord."""
    carried = message.headers() or ()
    days: object = b""
    match carried:  # as collectors write them: no dict for each record
        case [("tenant", tenant), ("received_at", stamp)]:
            pass
        case [("tenant", tenant), ("received_at", stamp), ("retention_days", days)]:
            pass
        case _:
            tenant, stamp, days = map(dict(carried).get, ("tenant", "received_at", "retention_days"))
    if not isinstance(tenant, bytes) or not isinstance(stamp, bytes) or len(stamp) != 8:
        raise DeadRecord(Reason.HEADER_MISSING, "The header tenant or received_at is absent or malformed.")
    received_at = unpack_received_at(stamp)
    waited = message.timestamp()[1] - received_at
    if not -CLOCK_TOLERANCE_MS <= waited <= LONGEST_WAIT_MS:
        raise _implausible(waited)
    return Record(  # by position: by name it takes twice as long
        message.offset() or 0,
        message.value() or b"",
        tenant,
        received_at,
        message.key() or b"",
        days if isinstance(days, bytes) else b"",
    )


def _implausible(waited: int) -> DeadRecord:
    """Expiry counts from received_at, so the broker's own clock must find it plausible."""
    side, by = ("after", -waited) if waited < 0 else ("before", waited)
    return DeadRecord(Reason.STAMP_IMPLAUSIBLE, f"received_at lies {by} ms {side} Kafka's append time.")


def raw_headers(message: Message) -> Headers:
    """The message's headers as bytes, for its dead letter."""
    carried = dict(message.headers() or ()).items()
    return [(name, value.encode() if isinstance(value, str) else value or b"") for name, value in carried]
