"""Weeks of pages are rolled up of the rolls of their days, which leaves a seventh of their sketches."""

import logging
from datetime import date

from clickhouse_connect.driver.client import Client

from jobs import rolls

_LOG = logging.getLogger(__name__)

_STALE = """
    SELECT toMonday(day) AS monday, groupArray((day, roll)), sum(roll) AS of_days
    FROM closed_days
    GROUP BY monday
    HAVING count() = 7 AND (monday, of_days) NOT IN (SELECT day, rolls FROM closed_weeks)
    ORDER BY monday DESC
"""
_PAGES = """
    INSERT INTO rolled_page_weeks (day, roll, retention_days, tenant, is_bot, page, events, users, sessions)
    SELECT
        {monday:Date}, {roll:UInt64}, retention_days, tenant, is_bot, page, sum(events),
        uniqCombinedMergeState(12)(users), uniqCombinedMergeState(12)(sessions)
    FROM rolled_pages
    WHERE toMonday(day) = {monday:Date} AND (day, roll) IN {rolls:Array(Tuple(Date, UInt64))}
      AND {monday:Date} + retention_days > {today:Date}
    GROUP BY retention_days, tenant, is_bot, page
"""


def roll_up_weeks(client: Client, today: date) -> None:
    """Roll up each week whose days are all closed, and whose roll is not of theirs; `today` is the UTC day.

    Its number is older than the list of the days' rolls: what unrolls one of them later unrolls the week.
    """
    roll = rolls.now_ms(client)
    for monday, of_days, total in client.query(_STALE).result_rows:
        asked = {"monday": monday, "roll": roll, "rolls": of_days, "today": today}
        client.command(_PAGES, asked, settings=rolls.SETTINGS)
        rolls.register(client, monday, roll, total, days=7)
        _LOG.debug("rolled up the week of %s", monday)
