"""One topic reconciled: each offset that the group has passed is accounted for, each difference named."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client
from confluent_kafka import Message
from confluent_kafka.admin import AdminClient

from consumers.intervals import Interval, gaps
from consumers.letters import letters
from consumers.log_reader import LogReader
from consumers.reconciliation.accounts import Fate, Kind, Report
from consumers.reconciliation.judgement import Evidence, judge
from consumers.reconciliation.rows import StoredRecords
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
    progress: Progress,
) -> Report:
    """Judge the usage topic as it is now; it may be in full use meanwhile.

    Raises TopicsNotReady, KafkaException, ClickHouseError.
    """
    topic_id = topics.check(admin, (USAGE,))[USAGE.name]
    stored = StoredRecords(client, topic_id)
    # In this order: what is stored now was in Kafka before, what is committed now is stored from now on.
    last = stored.last()
    known = {partition: at for (_, partition), at in positions(admin, group, [USAGE.name]).items()}
    work = _Reconciliation(Report(USAGE.name, topic_id, known), stored, reader, decoder)
    work.find_ahead(last)
    work.find_unread()
    work.add_stored()
    work.judge_the_rest(progress)
    work.find_twins()
    return work.report


def judged(at: Position) -> Interval:
    """What Kafka keeps of the offsets that the group has passed."""
    return Interval(at.first, max(at.first, min(at.committed or 0, at.end)))


@dataclass(frozen=True)
class _Reconciliation:
    """The steps; each adds to the report."""

    report: Report
    stored: StoredRecords
    reader: LogReader
    decoder: BatchDecoder

    def find_ahead(self, last: dict[int, int]) -> None:
        """Beyond the log's end new records would be taken for stored, or not be read."""
        for partition, at in self.report.positions.items():
            committed = at.committed or 0
            if max(committed, last.get(partition, -1) + 1) > at.end:
                self._found(Kind.AHEAD, partition, at.end)
            if committed > at.end:
                self.report.must_return(partition, at.first)

    def find_unread(self) -> None:
        """The committed offset is a lower bound: some of what left Kafka beyond it may be stored."""
        for partition, at in self.report.positions.items():
            gone = Interval(at.first if at.committed is None else at.committed, at.first)
            for hole in gaps(gone, self.stored.intervals(partition, gone)):
                self._found(Kind.UNREAD_EXPIRED, partition, hole.first, hole.length)

    def add_stored(self) -> None:
        """Count the rows by tenant; where event ids are equal, the record in Kafka says how many it has."""
        for partition, at in self.report.positions.items():
            suspects: dict[int, tuple[str, int]] = {}
            for found in self.stored.tenants(partition, judged(at)):
                self.report.accounts[found.tenant][Fate.STORED].add(found.records, found.rows)
                suspects |= {offset: (found.tenant, rows) for offset, rows in found.suspects}
            places = [Interval(offset, offset + 1) for offset in sorted(suspects)]
            for message in self.reader.read(self.report.topic, partition, places):
                self._add_suspect(message, *suspects[message.offset() or 0])

    def _add_suspect(self, message: Message, tenant: str, rows: int) -> None:
        """A client may send equal ids in one batch: doubled is what has more rows than events."""
        try:
            events = len(self.decoder.decode(message.value() or b"")["events"])
        except Undecodable:
            events = 0
        if rows > events:
            self.report.accounts[tenant][Fate.STORED].add(0, events - rows)
            self._found(Kind.DOUBLED, message.partition() or 0, message.offset() or 0)

    def judge_the_rest(self, progress: Progress) -> None:
        """Read each record without rows from Kafka, and say what became of it."""
        holes = {}
        for partition, at in self.report.positions.items():
            whole = judged(at)
            holes[partition] = list(gaps(whole, self.stored.intervals(partition, whole)))
        evidence = Evidence(self._dead() if any(holes.values()) else set())
        for record, fate in judge(self._read(holes, progress), self.decoder, self.stored, evidence):
            self.report.accounts[record.tenant][fate].add(1, record.events or 0)
            if fate is Fate.MISSING:
                self._found(Kind.MISSING, record.partition, record.offset)
                self.report.must_return(record.partition, record.offset)

    def _dead(self) -> set[tuple[int, int]]:
        own = (letter for letter in letters(self.reader) if letter.topic_id == self.report.topic_id)
        return {(letter.partition, letter.offset) for letter in own}

    def _read(self, holes: dict[int, list[Interval]], progress: Progress) -> Iterator[Message]:
        """The records at these offsets; those at which there is none are counted."""
        total = sum(hole.length for found in holes.values() for hole in found)
        done = 0
        for partition, found in holes.items():
            for message in self.reader.read(self.report.topic, partition, found):
                done += 1
                progress(done, total)
                yield message
        self.report.without_record = total - done

    def find_twins(self) -> None:
        """A batch's first place is right; each further one is a client's retry that was stored."""
        firsts = [at.first for _, at in sorted(self.report.positions.items())]
        for places in self.stored.twins(firsts):
            for partition, offset in places[1:]:
                self._found(Kind.DOUBLED, partition, offset)

    def _found(self, kind: Kind, partition: int, offset: int, count: int = 1) -> None:
        self.report.differences[kind].add(self.report.place(partition, offset), count)
