"""What became of a record that is not stored: questions, asked in order, until one is answered by yes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from confluent_kafka import Message

from consumers.reconciliation.accounts import Fate
from consumers.reconciliation.rows import WHOLE_TENANT, BatchKey, StoredRecords, SubjectKey
from consumers.retention import has_expired
from consumers.usage_batches import BatchDecoder, Undecodable, batch_id, subjects_of
from schemas.usage import unpack_received_at

_TOGETHER = 500
"""Records whose batches are looked up in ClickHouse by one statement."""


class GapRecord(NamedTuple):
    """A record at an offset that has no rows; what cannot be read of it is empty or None."""

    partition: int
    offset: int
    tenant: str
    received_at: int | None
    batch: BatchKey | None
    events: int | None
    retention_days: int | None
    subjects: frozenset[str] = frozenset()
    """Whose its events are: a user, or else a session, or else a trace."""


@dataclass
class Evidence:
    """What the questions are answered by."""

    dead: set[tuple[int, int]]
    """Partition and offset of the topic's dead letters."""
    stored: set[BatchKey] = field(default_factory=set)
    """Batches, of those under judgement, that have rows."""
    earlier: set[BatchKey] = field(default_factory=set)
    """Batches whose first record was judged before, and is not stored either."""
    suppressed: Mapping[SubjectKey, int] = field(default_factory=dict)
    """Of the subjects under judgement those that were erased, and until which arrival (Unix ms)."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def is_dead(record: GapRecord, evidence: Evidence) -> bool:
    """A dead letter stands for it."""
    return (record.partition, record.offset) in evidence.dead


def is_empty(record: GapRecord, _evidence: Evidence) -> bool:
    """There was nothing to store."""
    return record.events == 0


def is_duplicate(record: GapRecord, evidence: Evidence) -> bool:
    """The same batch stands elsewhere."""
    return record.batch in evidence.stored or record.batch in evidence.earlier


def is_expired(record: GapRecord, evidence: Evidence) -> bool:
    """Its rows, if there were any, are past their time."""
    if record.received_at is None or record.retention_days is None:
        return False
    return has_expired(record.received_at, record.retention_days, evidence.now)


def is_suppressed(record: GapRecord, evidence: Evidence) -> bool:
    """Whoever it is about was erased."""
    return bool(record.subjects) and all(
        max(evidence.suppressed.get((record.tenant, one), 0) for one in (subject, WHOLE_TENANT))
        > (record.received_at or 0)
        for subject in record.subjects
    )


QUESTIONS: tuple[tuple[Fate, Callable[[GapRecord, Evidence], bool]], ...] = (
    (Fate.DEAD, is_dead),
    (Fate.EMPTY, is_empty),
    (Fate.DUPLICATE, is_duplicate),
    (Fate.SUPPRESSED, is_suppressed),
    (Fate.EXPIRED, is_expired),
)


def fate_of(record: GapRecord, evidence: Evidence) -> Fate:
    """What became of it; a record to which every question is answered by no is missing."""
    fate = next((fate for fate, question in QUESTIONS if question(record, evidence)), Fate.MISSING)
    if fate in (Fate.SUPPRESSED, Fate.EXPIRED, Fate.MISSING) and record.batch:
        evidence.earlier.add(record.batch)
    return fate


def judge(
    messages: Iterable[Message], decoder: BatchDecoder, stored: StoredRecords, evidence: Evidence
) -> Iterator[tuple[GapRecord, Fate]]:
    """Each record with its fate, in the order in which they come."""
    records = (read_gap_record(message, decoder) for message in messages)
    while together := list(islice(records, _TOGETHER)):
        evidence.stored = stored.holding(record.batch for record in together if record.batch)
        evidence.suppressed = stored.suppressed(
            (record.tenant, subject) for record in together for subject in record.subjects
        )
        for record in together:
            yield record, fate_of(record, evidence)


def read_gap_record(message: Message, decoder: BatchDecoder) -> GapRecord:
    """Read as much of a record as can be read."""
    carried = dict(message.headers() or ())
    header, stamp = carried.get("tenant"), carried.get("received_at")
    tenant = header.decode(errors="replace") if isinstance(header, bytes) else ""
    received_at = unpack_received_at(stamp) if isinstance(stamp, bytes) and len(stamp) == 8 else None
    value = message.value() or b""
    identity = batch_id(value)
    events = retention_days = None
    subjects: frozenset[str] = frozenset()
    try:
        batch = decoder.decode(value)
        events, retention_days = len(batch["events"]), batch["retention_days"]
        subjects = subjects_of(batch)
    except Undecodable:
        pass
    return GapRecord(
        message.partition() or 0,
        message.offset() or 0,
        tenant,
        received_at,
        (tenant, identity) if tenant and identity else None,
        events,
        retention_days,
        subjects,
    )
