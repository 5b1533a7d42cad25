"""The verdict: what was acknowledged against what ClickHouse and the dead letters hold, item by item.

It knows nothing of the protocol: it reads the table by a plain client, and the dead-letter topic.
"""

import struct
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, TopicPartition

from bench.traffic import EVENTS_A_BATCH
from schemas.dead_letter import DeadLetter, from_record
from schemas.topics import DEAD
from tests.faults.batches import user_of
from tests.faults.cargo import USAGE, Cargo

_KAFKA_SECONDS = 20.0
_MOST_ROWS = 3_000_000

_BY_BATCH = """
SELECT
    {batch} AS batch,
    uniqExact({item}) AS items,
    countIf(NOT {sound}) AS corrupted
FROM {table}
WHERE {batch} >= {{first:UInt64}}
GROUP BY batch
"""
_DOUBLED = """
SELECT sum(rows - 1), sum(rows - places)
FROM
(
    SELECT {item}, count() AS rows, uniqExact(topic_id, kafka_partition, kafka_offset) AS places
    FROM {table}
    GROUP BY {item}
    HAVING rows > 1
)
"""
_FROM_BEFORE = "SELECT count() FROM {table} WHERE {batch} < {{floor:UInt64}}"
_SURVIVING = "SELECT count() FROM {table} WHERE {user} IN {{users:Array(UInt64)}}"
_PLACES = """
SELECT DISTINCT hex(topic_id), kafka_partition, kafka_offset
FROM {table}
WHERE kafka_offset IN {{offsets:Array(UInt64)}}
"""
_STORED = "SELECT count() FROM {table}"


@dataclass
class Verdict:
    """Events or spans, counted apart."""

    acknowledged: int = 0
    lost: int = 0
    """Acknowledged, and neither a row nor in a dead letter."""
    doubled: int = 0
    """Rows beyond the first of an item."""
    doubled_in_place: int = 0
    """Of those, the ones that come from the same Kafka record; the others are a client's second delivery."""
    corrupted: int = 0
    """Rows that are not what was sent."""
    dead_and_stored: int = 0
    """Records that have a dead letter and rows."""
    surviving: int = 0
    """Rows of erased users."""
    unacknowledged_stored: int = 0
    """Stored though never acknowledged: allowed, but once."""
    dead: Counter[str] = field(default_factory=Counter)
    """Items in dead letters, by reason."""

    @property
    def mismatches(self) -> int:
        """What breaks the promise."""
        return self.lost + self.doubled + self.corrupted + self.dead_and_stored + self.surviving

    def add(self, other: "Verdict") -> None:
        """Count another round in."""
        for name in (
            "acknowledged", "lost", "doubled", "doubled_in_place", "corrupted", "dead_and_stored",
            "surviving", "unacknowledged_stored",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.dead += other.dead


class Oracle:
    """Judges round by round; what an earlier round was blamed for is not counted again."""

    def __init__(self, clickhouse: Client, bootstrap_servers: str, cargo: Cargo = USAGE) -> None:
        self._clickhouse = clickhouse
        self._cargo = cargo
        self._letters = DeadLetterBox(bootstrap_servers)
        self._letters.read_on()  # what is there already is not of this run
        self._doubled = self._doubled_in_place = self._floor = self._blamed = 0
        self._dead: set[int] = set()

    def judge(
        self, first: int, begun: int, acknowledged: Set[int], erased: Set[int] = frozenset()
    ) -> Verdict:
        """The batches from `first` up to `begun`; the consumers must have nothing left to do.

        Doubled rows are sought among all rows, whatever round they come from; where users are erased, lost
        ones and theirs too.
        """
        letters = self._letters.read_on()
        self._dead |= {self._cargo.batch_of(letter.value) for letter in letters}
        verdict = Verdict(acknowledged=EVENTS_A_BATCH * sum(batch >= first for batch in acknowledged))
        stored: dict[int, int] = {}
        judged_from = self._floor if erased else first
        for batch, items, corrupted in self._ask(_BY_BATCH, {"first": judged_from}):
            stored[batch] = items
            verdict.corrupted += corrupted if batch >= first else 0
        verdict.unacknowledged_stored = sum(
            events for batch, events in stored.items() if batch >= first and batch not in acknowledged
        )
        whole = [batch for batch in acknowledged if judged_from <= batch < begun and batch not in self._dead]
        lost = sum(EVENTS_A_BATCH - stored.get(batch, 0) for batch in whole if user_of(batch) not in erased)
        verdict.lost, self._blamed = max(0, lost - self._blamed) if erased else lost, lost
        if erased:
            asked = {"users": sorted(erased)}
            verdict.surviving = self._ask(_SURVIVING, asked)[0][0]
        for letter in letters:
            verdict.dead[letter.reason] += EVENTS_A_BATCH
        verdict.dead_and_stored = self._also_stored(letters)
        self._count_doubled(verdict)
        return verdict

    def forget_much(self, begun: int) -> None:
        """Empty a table that has grown slow to judge; a batch from before that turns up later is a double."""
        if self._ask(_STORED)[0][0] < _MOST_ROWS:
            return
        self._clickhouse.command(f"TRUNCATE TABLE {self._cargo.table}")
        self._floor, self._doubled, self._doubled_in_place = begun, 0, 0

    def _ask(self, sql: str, parameters: dict[str, Any] | None = None) -> Any:
        return self._clickhouse.query(sql.format_map(vars(self._cargo)), parameters).result_rows

    def _count_doubled(self, verdict: Verdict) -> None:
        ((doubled, in_place),) = self._ask(_DOUBLED)
        doubled, in_place = doubled or 0, in_place or 0
        doubled += self._ask(_FROM_BEFORE, {"floor": self._floor})[0][0]
        verdict.doubled = max(0, doubled - self._doubled)
        verdict.doubled_in_place = max(0, in_place - self._doubled_in_place)
        self._doubled, self._doubled_in_place = doubled, in_place

    def _also_stored(self, letters: list[DeadLetter]) -> int:
        if not letters:
            return 0
        rows = self._ask(_PLACES, {"offsets": [letter.offset for letter in letters]})
        places = {bytes.fromhex(row[0]) + struct.pack(">iq", row[1], row[2]) for row in rows}
        return sum(letter.key() in places for letter in letters)


class DeadLetterBox:
    """Reads `sillage.dead` from where it stopped; a letter that was sent twice is one."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._servers = bootstrap_servers
        self._next = 0
        self._known: set[bytes] = set()

    def read_on(self) -> list[DeadLetter]:
        """The letters that are new."""
        consumer = Consumer(
            {"bootstrap.servers": self._servers, "group.id": "faults", "enable.auto.commit": False}
        )
        place = TopicPartition(DEAD.name, 0, self._next)
        letters = []
        try:
            _, end = consumer.get_watermark_offsets(place, timeout=_KAFKA_SECONDS)
            consumer.assign([place])
            while self._next < end:
                message = consumer.poll(_KAFKA_SECONDS)
                assert message is not None and not message.error(), f"{DEAD.name} cannot be read"
                self._next = (message.offset() or 0) + 1
                key = message.key() or b""
                if key not in self._known:
                    self._known.add(key)
                    headers: Any = message.headers() or []
                    letters.append(from_record(key, message.value() or b"", headers))
        finally:
            consumer.close()
        return letters
