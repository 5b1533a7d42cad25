"""Closed days are rolled up: what questions about ninety days read instead of every event."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from clickhouse_connect.driver.client import Client

from jobs import rolls
from jobs.roll_weeks import roll_up_weeks
from privacy.retention.tables import ROLLS

_LOG = logging.getLogger(__name__)

_STALE = """
    SELECT day, rows
    FROM
    (
        SELECT toDate(substring(partition, 3, 10)) AS day, sum(rows) AS rows
        FROM system.parts
        WHERE database = currentDatabase() AND table = 'usage_events' AND active
        GROUP BY day
    )
    WHERE day < {today:Date} AND day > {today:Date} - 90 AND day NOT IN (SELECT day FROM closed_days)
    ORDER BY day DESC
"""
_ROLLS = (
    """
    INSERT INTO rolled_sessions
    (
        day, roll, retention_days, tenant, hour, user, session, is_bot, browser, browser_version, os,
        os_version, device, country, region, city, language, release, events
    )
    SELECT
        day, {roll:UInt64}, retention_days, tenant, hour, user, session, is_bot, browser, browser_version, os,
        os_version, device, country, region, city, language, release, count()
    FROM usage_pieces
    WHERE day = {day:Date}
    GROUP BY
        day, retention_days, tenant, hour, user, session, is_bot, browser, browser_version, os, os_version,
        device, country, region, city, language, release
    """,
    """
    INSERT INTO rolled_names
    (
        day, roll, retention_days, tenant, slice, is_bot, is_page, kind, name, page, events, users, sessions
    )
    SELECT
        day, {roll:UInt64}, retention_days, tenant, slice, is_bot, grouping(kind) = 1, kind, name, page,
        count(), uniqCombinedStateIf(12)(user, user != 0),
        uniqCombinedStateIf(12)(session, session != 0)
    FROM usage_pieces
    WHERE day = {day:Date}
    GROUP BY GROUPING SETS
    (
        (day, retention_days, tenant, slice, is_bot, kind, name),
        (day, retention_days, tenant, slice, is_bot, page)
    )
    """,
    """
    INSERT INTO rolled_steps
    (day, roll, retention_days, tenant, slice, is_bot, kind, name, user_hashes, times)
    SELECT
        day, {roll:UInt64}, retention_days, tenant, slice, is_bot, kind, name,
        groupArray(user_hash), groupArray(occurred_ms)
    FROM usage_pieces
    WHERE day = {day:Date} AND user_hash != 0
    GROUP BY day, retention_days, tenant, slice, is_bot, kind, name
    """,
)
_OF_UNNAMED = """
    WHERE roll < {before:UInt64}
      AND (day, roll) NOT IN (SELECT day, argMax(roll, rolled_at) FROM rolled_days GROUP BY day, days)
"""
_DELETE_UNNAMED = f"ALTER TABLE {{table:Identifier}} DELETE {_OF_UNNAMED}"
_COUNT_UNNAMED = f"SELECT count() FROM {{table:Identifier}} {_OF_UNNAMED}"  # noqa: S608  this module's own
_LONGEST_ROLL_MS = 3_600_000
"""After so long a roll that nobody named was cut off; a younger one may be another instance's work."""


@dataclass(frozen=True)
class Stale:
    """A day that is past and not read from a roll, and how many events it has."""

    day: date
    rows: int


def stale_days(client: Client, today: date) -> list[Stale]:
    """The newest first; `today` is the UTC day, which is open still."""
    return [Stale(*row) for row in client.query(_STALE, {"today": today}).result_rows]


def roll_up(client: Client, today: date | None = None) -> Iterator[Stale]:
    """Roll up each day that needs it, and tell it when it is done; then the weeks that are whole.

    Several instances may do it at once, and be killed at any point: a roll is read once rolled_days names it,
    with the number of events that its day had before, and for as long as the day has as many.
    """
    today = today or datetime.now(UTC).date()
    for stale in stale_days(client, today):
        _roll(client, stale)
        yield stale
    roll_up_weeks(client, today)


def sweep(client: Client) -> int:
    """Delete the rows of rolls that no day is read from any more; give how many there were."""
    parameters = {"before": rolls.now_ms(client) - _LONGEST_ROLL_MS}
    swept = 0
    for table in ROLLS:
        named = parameters | {"table": table}
        if found := int(client.query(_COUNT_UNNAMED, named).result_rows[0][0]):
            client.command(_DELETE_UNNAMED, named, settings={"mutations_sync": 1})
            swept += found
    return swept


def _roll(client: Client, stale: Stale) -> None:
    roll = rolls.now_ms(client)
    for sql in _ROLLS:
        client.command(sql, {"day": stale.day, "roll": roll}, settings=rolls.SETTINGS)
    rolls.register(client, stale.day, roll, stale.rows, days=1)
    _LOG.debug("rolled up %s, %d events", stale.day, stale.rows)
