"""One topic reconciled: each offset that the group has passed is accounted for, each difference named."""

from collections.abc import Callable, Iterator

from clickhouse_connect.driver.client import Client
from confluent_kafka import Message
from confluent_kafka.admin import AdminClient

from consumers.intervals import Interval, gaps
from consumers.letters import letters
from consumers.log_reader import LogReader
from consumers.reconciliation.accounts import Fate, Kind, Report
from consumers.reconciliation.judgement import Evidence, judge
from consumers.reconciliation.stored import StoredRecords
from consumers.usage_batches import BatchDecoder, Undecodable
from runtime import topics
from runtime.positions import Position, positions
from schemas.topics import USAGE

Progress = Callable[[int, int], None]
"""Told how many of the offsets without rows have been looked at, and of how many."""


def reconcile(
    admin: AdminClient,
    group: str,
    client: Client,
    reader: LogReader,
    decoder: BatchDecoder,
    progress: Progress = lambda _done, _total: None,
) -> Report:
    """Judge the usage topic as it is now; it may be in full use meanwhile.

    Raises TopicsNotReady, KafkaException, ClickHouseError.
    """
    topic = USAGE.name
    topic_id = topics.check(admin, (USAGE,))[topic]
    stored = StoredRecords(client, topic_id)
    # In this order: what is stored now was in Kafka before, what is committed now is stored from now on.
    last = stored.last()
    known = {partition: at for (_, partition), at in positions(admin, group, [topic]).items()}
    report = Report(topic, topic_id, known)
    judged = {partition: _judged(at) for partition, at in known.items()}
    for partition, at in known.items():
        _find_ahead(report, partition, at, last.get(partition))
        _find_unread(report, partition, at, stored)
        _add_stored(report, partition, judged[partition], stored, reader, decoder)
    holes = {
        partition: list(gaps(whole, stored.intervals(partition, whole)))
        for partition, whole in judged.items()
    }
    evidence = Evidence(dead=_dead(reader, topic_id) if any(holes.values()) else set())
    messages = _counted(holes, topic, reader, progress, report)
    for record, fate in judge(messages, decoder, stored, evidence):
        report.accounts[record.tenant][fate].add(1, record.events or 0)
        if fate is Fate.MISSING:
            report.differences[Kind.MISSING].add(report.place(record.partition, record.offset))
            report.must_return(record.partition, record.offset)
    _find_twins(report, stored, judged)
    return report


def _judged(at: Position) -> Interval:
    """What Kafka keeps of the offsets that the group has passed."""
    return Interval(at.first, max(at.first, min(at.committed or 0, at.end)))


def _find_ahead(report: Report, partition: int, at: Position, last: int | None) -> None:
    """Such a partition's next records would be taken for stored, or never be read."""
    if max(at.committed or 0, -1 if last is None else last + 1) > at.end:
        report.differences[Kind.AHEAD].add(report.place(partition, at.end))
    if (at.committed or 0) > at.end:
        report.must_return(partition, at.first)


def _find_unread(report: Report, partition: int, at: Position, stored: StoredRecords) -> None:
    """The committed offset is a lower bound: some of what left Kafka beyond it may be stored."""
    if at.committed is None or at.committed >= at.first:
        return
    gone = Interval(at.committed, at.first)
    for hole in gaps(gone, stored.intervals(partition, gone)):
        report.differences[Kind.UNREAD_EXPIRED].add(report.place(partition, hole.first), hole.length)


def _add_stored(
    report: Report,
    partition: int,
    whole: Interval,
    stored: StoredRecords,
    reader: LogReader,
    decoder: BatchDecoder,
) -> None:
    """Count the rows by tenant. A record with equal event ids is doubled, or its client made them equal."""
    suspects: dict[int, tuple[str, int]] = {}
    for found in stored.tenants(partition, whole):
        report.accounts[found.tenant][Fate.STORED].add(found.records, found.rows)
        suspects |= {offset: (found.tenant, rows) for offset, rows in found.suspects}
    places = [Interval(offset, offset + 1) for offset in sorted(suspects)]
    for message in reader.read(report.topic, partition, places):
        offset = message.offset() or 0
        tenant, rows = suspects[offset]
        surplus = rows - _events(message, decoder)
        if surplus > 0:
            report.accounts[tenant][Fate.STORED].add(0, -surplus)
            report.differences[Kind.DOUBLED].add(report.place(partition, offset))


def _events(message: Message, decoder: BatchDecoder) -> int:
    try:
        return len(decoder.decode(message.value() or b"")["events"])
    except Undecodable:
        return 0


def _dead(reader: LogReader, topic_id: bytes) -> set[tuple[int, int]]:
    return {(letter.partition, letter.offset) for letter in letters(reader) if letter.topic_id == topic_id}


def _counted(
    holes: dict[int, list[Interval]], topic: str, reader: LogReader, progress: Progress, report: Report
) -> Iterator[Message]:
    """The records at offsets without rows; offsets without a record are counted."""
    total = sum(hole.length for found in holes.values() for hole in found)
    done = 0
    for partition, found in holes.items():
        for message in reader.read(topic, partition, found):
            done += 1
            progress(done, total)
            yield message
    report.without_record = total - done


def _find_twins(report: Report, stored: StoredRecords, judged: dict[int, Interval]) -> None:
    """The batch's first place is right; each further one is a client's retry that was stored."""
    for _, places in stored.twins([judged[partition].first for partition in sorted(judged)]):
        for partition, offset in places[1:]:
            report.differences[Kind.DOUBLED].add(report.place(partition, offset))
