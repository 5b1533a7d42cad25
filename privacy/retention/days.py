"""The arithmetic of expiry: days are UTC, counted from `received_at`."""

from datetime import UTC, date, datetime, time, timedelta

LONGEST = 90
SHORTEST = 7


def day_of(moment: datetime) -> date:
    """The UTC day in which a moment with an offset lies."""
    return moment.astimezone(UTC).date()


def gone_at(day: date, retention_days: int) -> datetime:
    """When what arrived on that day may be nowhere any more: a midnight."""
    return datetime.combine(day + timedelta(days=retention_days), time(), UTC)


def next_midnight(now: datetime) -> datetime:
    """When the UTC day ends, and with it the time of what has been kept longest."""
    return gone_at(day_of(now), 1)
