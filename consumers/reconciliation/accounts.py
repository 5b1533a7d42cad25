"""What a record can have become, counted by tenant, and what must never be: the differences."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from runtime.positions import Position


class Fate(StrEnum):
    """What became of a record that Kafka holds and the consumer has passed."""

    STORED = "stored"
    """Its rows are in ClickHouse."""
    DEAD = "dead"
    """It is a dead letter."""
    DUPLICATE = "duplicate"
    """A client's retry: the same batch is stored, missing or expired under other coordinates."""
    SUPPRESSED = "suppressed"
    """Every event in it is of a person, or a tenant, who was erased."""
    EMPTY = "empty"
    """A batch without events: a client's report of losses."""
    EXPIRED = "expired"
    """Its retention has passed: whether it was stored cannot be told any more, and does not matter."""
    MISSING = "missing"
    """None of these: it is lost, as long as nobody repairs it."""


class Kind(StrEnum):
    """A difference between what was accepted and what is there; the same word is the metric's label."""

    MISSING = "missing"
    """Records that were passed over: neither stored nor anything else that is right."""
    DOUBLED = "doubled"
    """Records whose rows are there more than once."""
    UNREAD_EXPIRED = "unread_expired"
    """Records that left Kafka before they were stored."""
    AHEAD = "ahead"
    """Partitions whose committed offset, or whose rows, lie beyond the end of Kafka's log."""


@dataclass
class Tally:
    """Records, and the events in them as far as they can be counted."""

    records: int = 0
    events: int = 0

    def add(self, records: int, events: int) -> None:
        """Count more of them."""
        self.records += records
        self.events += events


Account = dict[Fate, Tally]
"""One tenant's records in one topic. Every fate is there."""


def new_account() -> Account:
    """An account in which nothing is counted yet."""
    return {fate: Tally() for fate in Fate}


def accepted(account: Mapping[Fate, Tally]) -> Tally:
    """All that was accepted: the sum over the fates."""
    return Tally(sum(one.records for one in account.values()), sum(one.events for one in account.values()))


@dataclass
class Difference:
    """How often, and some of the coordinates."""

    count: int = 0
    examples: list[str] = field(default_factory=list)
    """topic/partition/offset of the first ones."""

    def add(self, example: str, count: int = 1) -> None:
        """Count one more place, and so many of them."""
        self.count += count
        if len(self.examples) < _EXAMPLES:
            self.examples.append(example)


_EXAMPLES = 5


@dataclass
class Report:
    """One topic, judged from the first offset that Kafka keeps up to the committed ones."""

    topic: str
    topic_id: bytes
    positions: dict[int, Position]
    accounts: defaultdict[str, Account] = field(default_factory=lambda: defaultdict(new_account))
    """By tenant; an empty name where the record does not say."""
    without_record: int = 0
    """Offsets at which Kafka holds nothing, such as a transaction's markers."""
    differences: dict[Kind, Difference] = field(default_factory=lambda: {kind: Difference() for kind in Kind})
    back_to: dict[int, int] = field(default_factory=dict)
    """To repair it: the offset that the group must return to, by partition."""

    @property
    def waiting(self) -> int:
        """Records that the group has not come to."""
        return sum(position.lag for position in self.positions.values())

    @property
    def ok(self) -> bool:
        """Whether there is no difference."""
        return not any(difference.count for difference in self.differences.values())

    def place(self, partition: int, offset: int) -> str:
        """Coordinates as people write them."""
        return f"{self.topic}/{partition}/{offset}"

    def must_return(self, partition: int, offset: int) -> None:
        """Remember the lowest offset that the group must read again."""
        self.back_to[partition] = min(offset, self.back_to.get(partition, offset))
