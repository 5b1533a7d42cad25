"""Ranges of offsets, and what lies between them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Interval(NamedTuple):
    """Offsets from `first` up to, not including, `until`."""

    first: int
    until: int

    @property
    def length(self) -> int:
        """How many offsets there are in it."""
        return max(0, self.until - self.first)


def slices(whole: Interval, length: int) -> Iterator[Interval]:
    """Cut an interval into pieces of this length; the last may be shorter."""
    for first in range(whole.first, whole.until, length):
        yield Interval(first, min(first + length, whole.until))


def gaps(whole: Interval, held: Iterable[Interval]) -> Iterator[Interval]:
    """What of `whole` none of the held intervals covers; these come in the order of their first offsets."""
    reached = whole.first
    for interval in held:
        if reached >= whole.until:
            return
        if interval.first > reached:
            yield Interval(reached, min(interval.first, whole.until))
        reached = max(reached, interval.until)
    if reached < whole.until:
        yield Interval(reached, whole.until)
