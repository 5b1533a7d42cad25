"""The plan of faults."""

import itertools
from collections import Counter

from consumers.points import Point
from tests.faults.schedule import EVERYTHING, SHORT, Kind, Planned, Schedule


def first(count: int, seed: int, slot: int = 0) -> list[Planned]:
    return list(itertools.islice(Schedule(seed, slot, EVERYTHING), count))


def test_the_same_seed_gives_the_same_schedule() -> None:
    assert first(500, seed=7) == first(500, seed=7)


def test_another_seed_or_another_slot_gives_another_schedule() -> None:
    assert first(50, seed=7) != first(50, seed=8)
    assert first(50, seed=7) != first(50, seed=7, slot=1)


def test_no_point_is_planned_twice_more_than_another() -> None:
    planned = Counter(plan.point for plan in first(505, seed=1))
    assert set(planned) == set(Point)
    assert max(planned.values()) - min(planned.values()) <= 1


def test_every_kind_comes() -> None:
    assert {plan.kind for plan in first(300, seed=3)} == set(Kind)


def test_the_short_run_aims_at_every_point() -> None:
    assert set(SHORT) == set(Point)
