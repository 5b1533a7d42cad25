"""How tables name the pieces of time, and mark those that do not hold all that happened in them."""

from collections.abc import Iterable
from datetime import datetime

from queries.usage.window import DAYS_KEPT, Interval

_MARKS = {"running": "*", "expired": "†", "cut": "‡"}
_MEANINGS = {
    "running": "not over yet",
    "expired": f"begins before what is kept, {DAYS_KEPT} days",
    "cut": "only in part within the time asked for",
}
_LABELS: dict[Interval, str] = {
    "hour": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m",
}  # fmt: skip


def label(start: datetime, interval: Interval, partial: str) -> str:
    """A bucket by its start, in its zone, and its mark."""
    return marked(start.strftime(_LABELS[interval]), partial)


def marked(name: str, partial: str) -> str:
    """Any name with the mark of what is not whole."""
    return f"{name} {_MARKS[partial]}" if partial else name


def footnotes(partials: Iterable[str]) -> list[str]:
    """What the marks that were used mean, a line each."""
    used = set(partials)
    return [f"{mark} {_MEANINGS[partial]}" for partial, mark in _MARKS.items() if partial in used]
