"""When people work: the shape of a day and of a week, by the clock on their wall."""

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

_BY_HOUR = (
    0.01, 0.01, 0.0, 0.0, 0.0, 0.01, 0.04, 0.16, 0.52, 0.88, 1.0, 0.94,
    0.56, 0.5, 0.84, 0.95, 0.87, 0.66, 0.36, 0.2, 0.15, 0.13, 0.07, 0.03,
)  # fmt: skip
_BY_WEEKDAY = (0.94, 1.0, 1.0, 0.96, 0.82, 0.17, 0.11)
"""Monday first."""
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday."""


def activity(at: int, utc_offset: float) -> float:
    """How likely somebody is at work, from 0 to 1; `at` in Unix milliseconds, the offset in hours."""
    days, within = divmod(at + round(utc_offset * HOUR_MS), DAY_MS)
    return _BY_HOUR[within // HOUR_MS] * _BY_WEEKDAY[(days + _EPOCH_WEEKDAY) % 7]
