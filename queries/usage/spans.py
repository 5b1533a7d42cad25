"""Spans of whole calendar days, and which of them what is kept does not fill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from queries.usage.window import Bucket, Window, bucket_of

Partial = Literal["", "running", "expired", "cut"]
DayInterval = Literal["day", "week", "month"]
"""An interval of whole days; weeks begin on Monday."""


@dataclass(frozen=True)
class Span:
    """Calendar days of the question's zone, both ends within; `partial` as in Bucket."""

    first: date
    last: date
    partial: Partial = ""


def whole_buckets(window: Window, interval: DayInterval) -> list[Bucket]:
    """The window's buckets, of which the first is taken whole where the window begins within it."""
    return [
        replace(bucket, partial="") if bucket.partial == "cut" and bucket.end <= window.until else bucket
        for bucket in window.buckets(interval)
    ]


def intervals(window: Window, interval: DayInterval) -> list[Span]:
    """The same as days."""
    return [
        Span(bucket.start.date(), bucket.end.date() - timedelta(days=1), bucket.partial)
        for bucket in whole_buckets(window, interval)
    ]


def is_kept(day: date, window: Window) -> bool:
    """Whether all that happened on this day is still kept."""
    return bucket_of(day, "day", window.zone) >= window.floor


def read_from(day: date, window: Window) -> Window:
    """The window from this day on, or from where anything is kept, until the end of today at most."""
    since = min(window.since, max(bucket_of(day, "day", window.zone), window.floor))
    tomorrow = bucket_of(window.now.astimezone(window.zone).date() + timedelta(days=1), "day", window.zone)
    return replace(
        window, since=since, until=min(window.until, tomorrow) if tomorrow > since else window.until
    )


def span_parameters(spans: Sequence[Span], read: Window) -> Mapping[str, Any]:
    """`firsts` and `lasts` of the spans, as far as they were read: one wholly before is empty."""
    first_day = read.since.astimezone(read.zone).date()
    firsts = [max(span.first, first_day) for span in spans]
    lasts = [max(span.last, first - timedelta(days=1)) for span, first in zip(spans, firsts, strict=True)]
    return {"firsts": [day.isoformat() for day in firsts], "lasts": [day.isoformat() for day in lasts]}
