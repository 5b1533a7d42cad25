"""From when until when a question asks, in whose time zone, and how that time is cut into buckets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Interval = Literal["hour", "day", "week", "month"]
INTERVALS: tuple[Interval, ...] = ("hour", "day", "week", "month")
DAYS_KEPT = 90
_SLICES = frozenset((21, 22, 23, *range(9)))
"""The UTC hours at which a slice of rolled_actions begins: with those of the day as one."""


class MalformedWindow(ValueError):
    """The time that was asked for is none; the message says why."""


@dataclass(frozen=True)
class Bucket:
    """One piece of the window: from `start` until before `end`, with the zone's offset.

    `partial` is why it does not hold all that happened in it: "running", it has not ended; "expired", it
    begins before what is kept; "cut", the window begins or ends within it; empty where it is whole.
    """

    start: datetime
    end: datetime
    partial: Literal["", "running", "expired", "cut"] = ""


@dataclass(frozen=True)
class Window:
    """From `since` until before `until`, by arrival; both with an offset. `now` is when it is asked."""

    since: datetime
    until: datetime
    zone: ZoneInfo
    now: datetime

    def __post_init__(self) -> None:
        """Raise MalformedWindow for a window that is empty, or longer than anything is kept."""
        if self.since.timestamp() >= self.until.timestamp():
            raise MalformedWindow("The window is empty: it ends before it begins.")
        if self.until - self.since > timedelta(days=DAYS_KEPT + 1):
            raise MalformedWindow(f"At most {DAYS_KEPT} days can be asked for, after which nothing is kept.")

    @classmethod
    def last_days(cls, days: int, zone: str = "UTC", now: datetime | None = None) -> "Window":
        """So many calendar days of the zone, today included; raises MalformedWindow for an unknown zone."""
        if not 1 <= days <= DAYS_KEPT:
            raise MalformedWindow(f"{days} days: expected 1 to {DAYS_KEPT}, after which nothing is kept.")
        now, tz = now or datetime.now(UTC), zone_named(zone)
        today = now.astimezone(tz).date()
        return cls(
            _midnight(today - timedelta(days=days - 1), tz), _midnight(today + timedelta(days=1), tz), tz, now
        )

    @property
    def floor(self) -> datetime:
        """Since when events are kept at most: a midnight in UTC."""
        return _midnight(self.now.astimezone(UTC).date() - timedelta(days=DAYS_KEPT - 1), UTC)

    @property
    def before(self) -> "Window":
        """The window as long before, moved by whole weeks, so that the days of the week stand side by side.

        Raises MalformedWindow where that is no longer kept.
        """
        weeks = -(
            -(self.until.astimezone(self.zone).date() - self.since.astimezone(self.zone).date()).days // 7
        )
        since, until = (self._moved(end, weeks) for end in (self.since, self.until))
        if until <= self.floor:
            raise MalformedWindow("What is compared with is older than anything that is kept.")
        return Window(since, until, self.zone, self.now)

    @property
    def parameters(self) -> dict[str, str]:
        """What the conditions and bucket expressions ask for."""
        return {
            "since": _text(self.since), "until": _text(self.until), "zone": self.zone.key,
        }  # fmt: skip

    def fits_hours(self, interval: Interval | None = None) -> bool:
        """Whether each border, the window's and the buckets', is a whole hour in UTC."""
        return all(_is_hour(border) for border in self._borders(interval))

    def fits_slices(self, interval: Interval | None = None) -> bool:
        """Whether each border that is past is one of a slice."""
        return self.fits_hours(interval) and all(
            border.astimezone(UTC).hour in _SLICES for border in self._borders(interval) if border < self.now
        )

    def buckets(self, interval: Interval) -> list[Bucket]:
        """The window's buckets in their order, empty ones too."""
        starts = list(self._starts(interval))
        ends = [*starts[1:], _next(starts[-1], interval)]
        return [
            Bucket(start, end, self._partial(start, end)) for start, end in zip(starts, ends, strict=True)
        ]

    def _partial(self, start: datetime, end: datetime) -> Literal["", "running", "expired", "cut"]:
        if start < self.floor:
            return "expired"
        if end > self.now:
            return "running"
        return "cut" if start < self.since or end > self.until else ""

    def _starts(self, interval: Interval) -> Iterator[datetime]:
        start = bucket_start(self.since, interval, self.zone)
        while start < self.until:
            yield start
            start = _next(start, interval)

    def _borders(self, interval: Interval | None) -> list[datetime]:
        return [self.since, self.until, *(self._starts(interval) if interval else ())]

    def _moved(self, moment: datetime, weeks: int) -> datetime:
        local = moment.astimezone(self.zone)
        return (local.replace(tzinfo=None) - timedelta(weeks=weeks)).replace(tzinfo=self.zone)


def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone; raises MalformedWindow for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MalformedWindow(
            f"{name!r} is no time zone: expected an IANA name such as Europe/Paris."
        ) from error


def bucket_start(moment: datetime, interval: Interval, zone: ZoneInfo) -> datetime:
    """When the bucket began that holds this moment; a week on Monday.

    Hours are counted from midnight, as the engine counts them: where a clock changes by half an hour, those
    of the rest of that day begin at half past, and its last is cut short.
    """
    day = moment.astimezone(zone).date()
    if interval == "hour":
        moment, midnight = moment.astimezone(UTC), _midnight(day, zone).astimezone(UTC)
        return (moment - (moment - midnight) % timedelta(hours=1)).astimezone(zone)
    if interval == "week":
        day -= timedelta(days=day.weekday())
    return _midnight(day.replace(day=1) if interval == "month" else day, zone)


def bucket_sql(column: str, interval: Interval) -> str:
    """The expression of a bucket's start: a DateTime for hours, else the Date in the zone."""
    return {
        "hour": f"toStartOfHour({column}, {{zone:String}})",
        "day": f"toDate({column}, {{zone:String}})",
        "week": f"toMonday({column}, {{zone:String}})",
        "month": f"toStartOfMonth({column}, {{zone:String}})",
    }[interval]


def bucket_of(value: datetime | date, interval: Interval, zone: ZoneInfo) -> datetime:
    """What bucket_sql gave, as the start of one of Window.buckets."""
    if isinstance(value, datetime):
        return bucket_start(value if value.tzinfo else value.replace(tzinfo=UTC), interval, zone)
    return _midnight(value, zone)


def _next(start: datetime, interval: Interval) -> datetime:
    zone = start.tzinfo
    assert isinstance(zone, ZoneInfo)
    day = start.date()
    if interval == "hour":
        midnight = _midnight(day + timedelta(days=1), zone)
        return min(start.astimezone(UTC) + timedelta(hours=1), midnight.astimezone(UTC)).astimezone(zone)
    if interval == "month":
        return _midnight((day.replace(day=1) + timedelta(days=32)).replace(day=1), zone)
    return _midnight(day + timedelta(days=7 if interval == "week" else 1), zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """When the day begins there: where its midnight is skipped, by the clock's first moment of it."""
    local = datetime.combine(day, time(), zone)
    return local.astimezone(UTC).astimezone(zone)


def _is_hour(moment: datetime) -> bool:
    return not moment.timestamp() % 3_600


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
