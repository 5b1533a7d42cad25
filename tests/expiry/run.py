"""Hour after hour: the clock moves, the job works, and everything is looked at."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from clickhouse_connect.driver.client import Client

from jobs.expiry import expire, expire_files
from jobs.roll_up import roll_up
from privacy.backups import archives, back_up
from privacy.retention.days import day_of
from tests.expiry.looking import TABLES, VIEWS, held, partitions
from tests.expiry.simulated import Held, arrive, expected, set_clock

_ROLLS = {"rolled_sessions", "rolled_actions", "rolled_pages", "rolled_page_weeks", "rolled_steps"}


@dataclass(frozen=True)
class Wrong:
    """A place that holds something else than it must."""

    at: datetime
    place: str
    too_long: Held
    too_short: Held


def simulate(
    client: Client,
    days: Sequence[date],
    hours: Sequence[int],
    backups: Path,
    job: Callable[[Client, date], object] = lambda client, today: list(expire(client, today)),
) -> Iterator[list[Wrong]]:
    """What is wrong at each of these hours of each day.

    Days are rolled up when they are over, and backed up at 23:00. At midnight, the one time at which
    something goes, the views are looked at before the job has worked too; there and at 23:00 every row of
    every table is, at the other hours the views and the parts.
    """
    arrived: Held = Counter()
    for day in days:
        arrived += arrive(client, day)
        for hour in hours:
            now = datetime.combine(day, time(hour), UTC)
            set_clock(client, now)
            before = _wrong(now, expected(arrived, now), held(client, VIEWS)) if hour == 0 else []
            job(client, day_of(now))
            expire_files(backups, None, now, lambda _: None)
            if hour == 0:
                list(roll_up(client, day))
            if hour == 23:
                list(back_up(client, backups))
            whole = hour in (0, 23)
            yield before + _look(client, expected(arrived, now), now, backups, whole=whole)


def _look(client: Client, kept: Held, now: datetime, backups: Path, *, whole: bool) -> list[Wrong]:
    found = held(client, VIEWS | (TABLES if whole else {}))
    wrong = _wrong(now, kept, {place: of for place, of in found.items() if place not in _ROLLS})
    for place in found.keys() & _ROLLS:
        # A roll may be doubled until the earlier one is swept, and today has none: but no passed day has one.
        late = Counter({key: count for key, count in found[place].items() if key not in kept})
        wrong += [Wrong(now, place, late, Counter())] if late else []
    archived = {
        (one.day, int(one.partition[9:])) for one in archives(backups) if one.database == client.database
    }
    on_disk = partitions(client)
    if on_disk != set(kept):
        wrong.append(Wrong(now, "parts", Counter(on_disk - set(kept)), Counter(set(kept) - on_disk)))
    if late_archives := archived - set(kept):
        wrong.append(Wrong(now, "backups", Counter(late_archives), Counter()))
    return wrong


def _wrong(now: datetime, kept: Held, places: dict[str, Held]) -> list[Wrong]:
    return [Wrong(now, place, found - kept, kept - found) for place, found in places.items() if found != kept]


def days_ahead(numbers: Iterable[int]) -> list[date]:
    """The days of these numbers; 0 is the day after tomorrow by the engine's clock."""
    first = datetime.now(UTC).date() + timedelta(days=2)
    return [first + timedelta(days=number) for number in numbers]
