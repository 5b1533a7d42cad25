"""Which days are closed now, as the view `closed_days` has them, and what else statements depend on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

LISTED = """
    SELECT 'rolled', day, argMax(roll, rolled_at), argMax(rows, rolled_at), count(),
        sum(toUnixTimestamp64Milli(rolled_at))
    FROM rolled_days WHERE edition = 1 GROUP BY day
    UNION ALL
    SELECT 'unrolled', day, toUnixTimestamp64Milli(max(at)), 0, count(), sum(toUnixTimestamp64Milli(at))
    FROM unrolled GROUP BY day
    UNION ALL
    SELECT 'hidden', toDate(now(), 'UTC'), 0, 0, count(), sum(toUnixTimestamp64Milli(last_at)) FROM hidden
    UNION ALL
    SELECT 'stored', toDate(substring(partition, 3, 10)), toUInt64(extract(partition, ',([0-9]+)')),
        sum(rows), 0, 0
    FROM system.parts
    WHERE database = currentDatabase() AND table = 'usage_events' AND active
    GROUP BY partition
"""
CHANGED = "the rolls have changed"
UNCHANGED = f"""throwIf(
        (
            SELECT (count(), sum(toUnixTimestamp64Milli(at)))
            FROM
            (
                SELECT rolled_at AS at FROM rolled_days WHERE edition = 1
                UNION ALL SELECT at FROM unrolled
                UNION ALL SELECT last_at FROM hidden
            )
        ) != ({{listed:UInt64}}, {{listed_at:Int64}}) OR toDate(now(), 'UTC') != {{listed_on:Date}},
        '{CHANGED}'
    ) = 0"""  # noqa: S608  this module's own
"""The condition that a list is true still. It changes before any row of a roll that was named is deleted, by
an erasure or for a newer roll, when somebody is hidden, and at midnight, when something expires."""


@dataclass(frozen=True)
class Listed:
    """The rolls of closed days, the open days that have events, whether anybody is hidden."""

    rolls: Mapping[date, int]
    opened: frozenset[date]
    is_hiding: bool
    today: date
    """The UTC day, by ClickHouse's clock."""
    retentions: Mapping[date, Collection[int]]
    """For how many days a day's events are kept: of each tenant as it was when they arrived."""
    state: Mapping[str, Any]
    """The parameters of UNCHANGED."""

    def shares(self, days: Iterable[date]) -> list[str]:
        """Of the rolls of these days, by the name of their column, those that are kept today."""
        return [
            f"{self.rolls[day]}/{retention}"
            for day in days
            for retention in sorted(self.retentions[day])
            if day + timedelta(days=retention) > self.today
        ]


def listed(client: Client) -> Listed:
    """Ask; raises clickhouse_connect's errors."""
    found: dict[str, list[tuple[Any, ...]]] = {"rolled": [], "unrolled": [], "hidden": [], "stored": []}
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
    is_hiding = any(count for *_, count, _ in found["hidden"])
    ((today, *_),) = found["hidden"]
    guarded = [row for what in ("rolled", "unrolled", "hidden") for row in found[what]]
    state = {"listed": sum(row[-2] for row in guarded), "listed_at": sum(row[-1] for row in guarded)}
    opened = frozenset(stored.keys() - rolls.keys())
    return Listed(rolls, opened, is_hiding, today, retentions, {**state, "listed_on": today})
