"""From when until when a question asks, by the start of the spans."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

LONGEST = timedelta(days=90)
_SECOND = 1_000_000_000
_WORTH_A_QUESTION = timedelta(minutes=10)
_NOW = timedelta(minutes=1)


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
    def whole_hours(self) -> "tuple[Period, Period | None]":
        """Its part up to the beginning of its last hour, and the rest.

        There is no rest of a period that ends now: all that is stored of its last hour belongs to it.
        """
        last = self.until.replace(minute=0, second=0, microsecond=0)
        if last == self.until or datetime.now(UTC) - self.until < _NOW:
            return self, None
        return replace(self, until=last), Period(last, self.until)

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return Period(self.since - (self.until - self.since), self.since)

    def latest(self, share: float) -> "Period":
        """Its last part, of this share of it, but none shorter than is worth a question."""
        length = max((self.until - self.since) * share, _WORTH_A_QUESTION)
        return replace(self, since=max(self.since, self.until - length))

    def earlier(self, part: "Period", times: float) -> "Period | None":
        """What comes before a part of it, so that both together, and all since, are `times` as long as what
        lay from the part on; to its beginning, where half of it would be left at most. None: nothing does.
        """
        if part.since <= self.since:
            return None
        whole, seen = self.until - self.since, self.until - part.since
        wanted = seen * times if times < whole / seen / 2 else whole
        return Period(self.until - wanted, part.since)

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
