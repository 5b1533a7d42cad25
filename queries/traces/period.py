"""From when until when a question asks, by the start of the spans."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

LONGEST = timedelta(days=90)
_SECOND = 1_000_000_000
_WORTH_A_QUESTION = timedelta(minutes=10)


class MalformedPeriod(ValueError):
    """The time that was asked for is none; the message says why."""


@dataclass(frozen=True)
class Period:
    """From `since` until before `until`, both UTC."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        """Raise MalformedPeriod for a period that is empty or longer than anything is kept."""
        if self.since >= self.until:
            raise MalformedPeriod("The period is empty: it ends before it begins.")
        if self.until - self.since > LONGEST:
            raise MalformedPeriod("The period is longer than 90 days, after which nothing is kept.")

    @classmethod
    def last(cls, ns: int, now: datetime | None = None) -> "Period":
        """So many nanoseconds until now."""
        now = now or datetime.now(UTC)
        if ns > LONGEST.total_seconds() * _SECOND:
            raise MalformedPeriod("At most 90 days can be asked for, after which nothing is kept.")
        return cls(now - timedelta(microseconds=max(ns, 1_000) / 1_000), now)

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.until - self.since).total_seconds()

    @property
    def from_whole_minute(self) -> "Period":
        """The same, from the beginning of its first minute on."""
        return replace(self, since=self.since.replace(second=0, microsecond=0))

    @property
    def from_whole_hour(self) -> "Period":
        """The same, from the beginning of its first hour on."""
        return replace(self, since=self.since.replace(minute=0, second=0, microsecond=0))

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return Period(self.since - (self.until - self.since), self.since)

    @property
    def parts(self) -> list["Period"]:
        """Cut from its end: the last 64th, the rest of a 16th, of a quarter, of all; no short ones."""
        whole = self.until - self.since
        ends = [whole / share for share in (64, 16, 4) if whole / share >= _WORTH_A_QUESTION] + [whole]
        starts = [timedelta(0), *ends[:-1]]
        return [Period(self.until - far, self.until - near) for near, far in zip(starts, ends, strict=True)]

    @property
    def parameters(self) -> dict[str, Any]:
        """What STARTED asks for, as texts: the driver cuts a datetime to its second."""
        return {"since": _text(self.since), "until": _text(self.until)}


STARTED = """
    toStartOfMinute(started_at) >= toStartOfMinute({since:DateTime64(6, 'UTC')})
    AND toStartOfMinute(started_at) <= toStartOfMinute({until:DateTime64(6, 'UTC')})
    AND started_at >= {since:DateTime64(6, 'UTC')} AND started_at < {until:DateTime64(6, 'UTC')}
    AND toDate(received_at, 'UTC') >= toDate({since:DateTime64(6, 'UTC')}, 'UTC') - 1
"""
"""The condition on the view `spans`. The minute is what the table is sorted by. Of the days of arrival it
leaves out those before the period, but for one: a span arrives after it began, unless its clock was ahead,
by a day at most.
"""


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
