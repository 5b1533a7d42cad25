"""The test clock of the back-fill: it shows the past where the collector's clock shows the present.

Nothing else in Sillage invents an arrival stamp. Whoever takes one from here stores it under `BACKFILL`, so
that such rows can be told from those that arrived, and removed:

    ALTER TABLE usage_events DELETE WHERE topic_id = unhex('64656d6f000080008000000000000000')
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from local.demo.rhythm import DAY_MS
from local.demo.story import DAYS

BACKFILL = UUID("64656d6f-0000-8000-8000-000000000000")
"""Stands where a stored row has its topic's id: no topic's, since Kafka draws those at random (version 4)."""
CLAIM = int.from_bytes(b"backfill")
"""The claim under which such rows are inserted; nobody else claims under this id."""


@dataclass(frozen=True)
class DemoClock:
    """The past as seen from `now`, Unix milliseconds; days are UTC."""

    now: int

    @property
    def today(self) -> date:
        """The day of `now`."""
        return datetime.fromtimestamp(self.now / 1_000, UTC).date()

    def age(self, day: date) -> int:
        """How many days ago."""
        return (self.today - day).days

    def story_age(self, day: date) -> int:
        """How many days before the Sunday of this week: the age that `local/demo/story.py` counts by."""
        return (monday(self.today) + timedelta(days=6) - day).days

    def weeks(self) -> Iterator[list[date]]:
        """The days that may still be stored, by calendar week; the newest week and day come first."""
        days = (self.today - timedelta(days=age) for age in range(DAYS))
        for _, week in groupby(days, monday):
            yield list(week)


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def midnight(day: date) -> int:
    """The day's first moment, Unix milliseconds."""
    return (day - date(1970, 1, 1)).days * DAY_MS
