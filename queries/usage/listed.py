"""Which days are closed now, as the view `closed_days` has them, and what else statements depend on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.usage.weeks import days_of, is_whole, retentions_of

_DAY = "toDate(substring(partition, 3, 10))"
_OF_EVENTS = "database = currentDatabase() AND table = 'usage_events' AND active"
LISTED = f"""
    SELECT if(days = 7, 'week', 'rolled'), day, argMax(roll, rolled_at), argMax(rows, rolled_at), count(),
        sum(toUnixTimestamp64Milli(rolled_at))
    FROM rolled_days WHERE days != 0 GROUP BY days, day
    UNION ALL
    SELECT 'unrolled', day, toUnixTimestamp64Milli(max(at)), 0, count(), sum(toUnixTimestamp64Milli(at))
    FROM unrolled GROUP BY day
    UNION ALL
    SELECT 'hidden', toDate(now(), 'UTC'), 0, 0, count(), sum(toUnixTimestamp64Milli(last_at)) FROM hidden
    UNION ALL
    SELECT 'stored', {_DAY}, toUInt64(extract(partition, ',([0-9]+)')), sum(rows), 0, 0
    FROM system.parts WHERE {_OF_EVENTS} GROUP BY partition
"""  # noqa: S608  this module's own
_GUARDED = ("rolled", "week", "unrolled", "hidden")
"""What UNCHANGED looks at too."""
CHANGED = "the rolls have changed"
UNCHANGED = f"""(
        SELECT throwIf(
            (sum(many), sum(moment)) != ({{listed:UInt64}}, {{listed_at:Int64}})
                OR toDate(now(), 'UTC') != {{listed_on:Date}},
            '{CHANGED}'
        )
        FROM
        (
            SELECT 1 AS many, toUnixTimestamp64Milli(rolled_at) AS moment FROM rolled_days WHERE days != 0
            UNION ALL SELECT 1, toUnixTimestamp64Milli(at) FROM unrolled
            UNION ALL SELECT 1, toUnixTimestamp64Milli(last_at) FROM hidden
            UNION ALL
            SELECT rows, 0 FROM system.parts
            WHERE {_OF_EVENTS} AND NOT has({{listed_opened:Array(Date)}}, {_DAY})
        )
    ) = 0"""  # noqa: S608  this module's own
"""The condition that a list is true still. It changes before any row of a roll that was named is deleted, by
an erasure or for a newer roll, when somebody is hidden, when another than its open days has an event more or
less, and at midnight, when something expires. A scalar subquery is asked once, also where no row is read."""


@dataclass(frozen=True)
class Listed:
    """The rolls of closed days, those of closed weeks by their Mondays, the open days that have events."""

    rolls: Mapping[date, int]
    weeks: Mapping[date, int]
    opened: frozenset[date]
    is_hiding: bool
    """Whether anybody is hidden."""
    today: date
    """The UTC day, by ClickHouse's clock."""
    retentions: Mapping[date, Collection[int]]
    """For how many days a day's events are kept: of each tenant as it was when they arrived."""
    state: Mapping[str, Any]
    """The parameters of UNCHANGED."""

    def shares(self, days: Iterable[date]) -> list[str]:
        """Of the rolls of these days, by the name of their column, those that are kept today."""
        return [share for day in days for share in self._shares(day, self.rolls[day], self.retentions[day])]

    def shares_of_weeks(self, mondays: Iterable[date]) -> list[str]:
        """The same of weeks."""
        return [
            share
            for monday in mondays
            for share in self._shares(monday, self.weeks[monday], retentions_of(monday, self.retentions))
        ]

    def _shares(self, day: date, roll: int, retentions: Iterable[int]) -> list[str]:
        return [
            f"{roll}/{retention}"
            for retention in sorted(retentions)
            if day + timedelta(days=retention) > self.today
        ]


def listed(client: Client) -> Listed:
    """Ask; raises clickhouse_connect's errors."""
    found: dict[str, list[tuple[Any, ...]]] = {what: [] for what in (*_GUARDED, "stored")}
    for what, *row in client.query(LISTED).result_rows:
        found[what].append(tuple(row))
    stored: dict[date, int] = {}
    retentions: dict[date, set[int]] = {}
    for day, retention, rows, *_ in found["stored"]:
        stored[day] = stored.get(day, 0) + rows
        retentions.setdefault(day, set()).add(retention)
    changed = {day: at for day, at, *_ in found["unrolled"]}
    rolls = {
        day: roll
        for day, roll, rows, *_ in found["rolled"]
        if stored.get(day) == rows and roll > changed.get(day, 0)
    }
    opened = frozenset(stored.keys() - rolls.keys())
    ((today, *_),) = found["hidden"]
    weeks = {
        monday: roll
        for monday, roll, of_days, *_ in found["week"]
        if roll > changed.get(monday, 0)
        and sum(rolls.get(day, 0) for day in days_of(monday)) == of_days
        and is_whole(monday, retentions, today)
    }
    is_hiding = any(count for *_, count, _ in found["hidden"])
    guarded = [row for what in _GUARDED for row in found[what]]
    state = {
        "listed": sum(row[-2] for row in guarded) + sum(stored[day] for day in rolls),
        "listed_at": sum(row[-1] for row in guarded),
        "listed_opened": sorted(opened),
        "listed_on": today,
    }
    return Listed(rolls, weeks, opened, is_hiding, today, retentions, state)
