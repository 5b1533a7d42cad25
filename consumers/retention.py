"""When a row's time is over; the table's TTL and the floor under every view say the same in SQL."""

from datetime import UTC, datetime, timedelta


def has_expired(received_at: int, retention_days: int, now: datetime) -> bool:
    """Whether a row that arrived then (Unix milliseconds) is past its retention; days are UTC."""
    day = (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=received_at)).date()
    return day + timedelta(days=retention_days) <= now.astimezone(UTC).date()
