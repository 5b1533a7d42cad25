"""The arithmetic of gaps, against sets of single offsets."""

import itertools

from hypothesis import example, given
from hypothesis import strategies as st

from consumers.intervals import Interval, gaps, slices

WHOLES = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda ends: Interval(min(ends), max(ends)))
HELD = st.lists(WHOLES.filter(lambda one: one.length > 0), max_size=8).map(sorted)


def offsets(*intervals: Interval) -> set[int]:
    return {offset for one in intervals for offset in range(one.first, one.until)}


@given(WHOLES, HELD)
def test_gaps_are_exactly_the_offsets_that_nothing_holds(whole: Interval, held: list[Interval]) -> None:
    assert offsets(*gaps(whole, held)) == offsets(whole) - offsets(*held)


@given(WHOLES, HELD)
@example(Interval(5, 5), [Interval(7, 8)])
def test_gaps_are_in_order_apart_and_never_empty(whole: Interval, held: list[Interval]) -> None:
    found = list(gaps(whole, held))
    assert all(one.length > 0 for one in found)
    assert all(one.until < other.first for one, other in itertools.pairwise(found))


@given(WHOLES, st.integers(1, 50))
def test_slices_are_the_whole_once(whole: Interval, length: int) -> None:
    found = list(slices(whole, length))
    assert sum(one.length for one in found) == whole.length
    assert offsets(*found) == offsets(whole)
    assert all(0 < one.length <= length for one in found)


@given(WHOLES, HELD, st.integers(1, 7))
def test_gaps_do_not_depend_on_how_the_held_are_cut(
    whole: Interval, held: list[Interval], length: int
) -> None:
    cut = [piece for one in held for piece in slices(one, length)]
    assert list(gaps(whole, sorted(cut))) == list(gaps(whole, held))
