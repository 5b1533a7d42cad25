"""Which fault comes next, and where: a plan that the seed alone decides."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from consumers.points import Point


class Kind(StrEnum):
    """What is done to a process while a consumer stands at a point."""

    KILL = "kill"
    """SIGKILL of the consumer; it is started again."""
    REPLACE = "replace"
    """SIGSTOP of the consumer; a successor of its name takes over, and the frozen one resumes beside it."""
    FREEZE = "freeze"
    """SIGSTOP of the consumer for longer than its session; it resumes while others have its partitions."""
    CLOCK_JUMP = "clock jump"
    """The consumer's clock is set forward or back."""
    ENGINE_KILL = "engine kill"
    ENGINE_FREEZE = "engine freeze"
    DISK_FULL = "disk full"
    """ClickHouse's disk has no byte left for a while."""
    RESET = "reset"
    """ClickHouse has the INSERT and answers; the connection is reset instead of the answer."""
    HALF = "half"
    """The connection is reset amid the INSERT's body, on both sides."""
    SLOW = "slow"
    """The body is held back, and so is the answer."""
    REPLAY_AFTER = "replay after"
    """The INSERT is sent again when its answer is there; then the connection is reset."""
    REPLAY_DURING = "replay during"
    """The INSERT is sent again while the first one runs."""
    REPLAY_LATE = "replay late"
    """The INSERT is answered, and sent again a while later."""
    BROKER_KILL = "broker kill"
    BROKER_FREEZE = "broker freeze"
    OUTAGE = "kafka outage"
    """Kafka is frozen until the collector spools; the collector is killed meanwhile, or while it drains."""
    COLLECTOR_KILL = "collector kill"
    COLLECTOR_CLOCK = "collector clock"
    """The collector is started again with another clock, now and then an implausible one."""


_AT_EVERY_POINT = {Kind.KILL: 4, Kind.REPLACE: 4, Kind.FREEZE: 1, Kind.ENGINE_KILL: 1, Kind.ENGINE_FREEZE: 1}
_ON_THE_WIRE = {
    Kind.RESET: 1, Kind.HALF: 1, Kind.SLOW: 1,
    Kind.REPLAY_AFTER: 1, Kind.REPLAY_DURING: 1, Kind.REPLAY_LATE: 1,
}  # fmt: skip
_AROUND = {
    Kind.BROKER_KILL: 1, Kind.BROKER_FREEZE: 1, Kind.COLLECTOR_KILL: 1, Kind.COLLECTOR_CLOCK: 1,
    Kind.DISK_FULL: 1, Kind.CLOCK_JUMP: 1, Kind.OUTAGE: 1,
}  # fmt: skip

Deck = Mapping[Point, Mapping[Kind, int]]
"""How often each kind comes at each point, before any comes again."""

CLAIMING = frozenset({Point.CLAIM_READ, Point.CLAIM_WRITTEN, Point.DRAINED, Point.VERIFIED})
"""Points that a consumer passes when it claims partitions, not at each batch."""
_OF_THE_BATCH = frozenset({Point.BATCH_CUT, Point.BODY_HALF_SENT, Point.INSERTED})

EVERYTHING: Deck = {
    point: _AT_EVERY_POINT
    | (_ON_THE_WIRE if point in (Point.BATCH_CUT, Point.VERIFIED, Point.BODY_HALF_SENT) else {})
    | (_AROUND if point in _OF_THE_BATCH else {})
    for point in Point
}
SHORT: Deck = {point: {Kind.KILL: 1, Kind.REPLACE: 1} for point in Point} | {
    Point.BATCH_CUT: {Kind.OUTAGE: 1, Kind.KILL: 1},
    Point.BODY_SENT: {Kind.ENGINE_KILL: 1, Kind.KILL: 1},
    Point.BODY_HALF_SENT: {Kind.REPLAY_DURING: 1, Kind.REPLACE: 1},
    Point.INSERTED: {Kind.KILL: 1, Kind.FREEZE: 1},
}
AIMED_AT_ZOMBIES: Deck = {
    point: {Kind.REPLACE: 3, Kind.FREEZE: 1}
    for point in (Point.BATCH_CUT, Point.VERIFIED, Point.BODY_HALF_SENT)
}
AIMED_AT_TOKENS: Deck = {
    Point.BATCH_CUT: {Kind.REPLACE: 2},
    Point.BODY_HALF_SENT: {Kind.REPLACE: 2, Kind.FREEZE: 1},
    Point.BODY_SENT: {Kind.ENGINE_KILL: 3},
}


@dataclass(frozen=True)
class Planned:
    """One fault to come."""

    point: Point
    kind: Kind
    occurrence: int
    """Which visit with a batch in flight is meant, from 1."""
    chance: float
    """From 0 to 1: how long the pause, how far the jump, in the kind's own measure."""


class Schedule:
    """Faults without end. Each point is planned as often as any other; kinds by the deck's counts."""

    def __init__(self, seed: int, slot: int, deck: Deck) -> None:
        self._chance = random.Random(f"{seed}/{slot}")
        self._deck = deck
        self._kinds: dict[Point, list[Kind]] = {point: [] for point in deck}

    def __iter__(self) -> Iterator[Planned]:
        while True:
            points = list(self._deck)
            self._chance.shuffle(points)
            for point in points:
                occurrence = 1 if point in CLAIMING else self._chance.randint(1, 4)
                yield Planned(point, self._next_kind(point), occurrence, self._chance.random())

    def _next_kind(self, point: Point) -> Kind:
        if not self._kinds[point]:
            self._kinds[point] = [kind for kind, count in self._deck[point].items() for _ in range(count)]
            self._chance.shuffle(self._kinds[point])
        return self._kinds[point].pop()
