"""What was rolled up of days whose events change: read no more, and what is a person's in it is deleted."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from clickhouse_connect.driver.client import Client

_UNROLL = "INSERT INTO unrolled (day, at) SELECT arrayJoin({days:Array(Date)}), now64(3, 'UTC')"
_OLD = """
    SELECT DISTINCT rolls.day, roll
    FROM (SELECT DISTINCT day, roll FROM {table:Identifier} WHERE day IN {days:Array(Date)}) AS rolls
    INNER JOIN (SELECT day, max(at) AS at FROM unrolled GROUP BY day) AS changed ON rolls.day = changed.day
    WHERE roll <= toUnixTimestamp64Milli(at)
"""
_OF_TENANTS = "tenant IN {tenants:Array(String)} AND (day, roll) IN {rolls:Array(Tuple(Date, UInt64))}"
_PEOPLE = """
    SELECT whose.request, count()
    FROM rolled_sessions AS rolled
    INNER JOIN
    (
        SELECT
            tenant, request, sipHash64(subject) AS session,
            if(length(subject) = 32, reinterpretAsUInt128(reverse(unhex(subject))),
                reinterpretAsUInt128(sipHash128(subject))) AS user
        FROM hidden
        WHERE request IN {requests:Array(String)}
    ) AS whose ON rolled.tenant = whose.tenant AND BY
    WHERE CONDITION
    GROUP BY whose.request
"""
_BY_USER = _PEOPLE.replace("BY", "rolled.user = whose.user", 1).replace("CONDITION", "rolled.user != 0")
_BY_SESSION = _PEOPLE.replace("BY", "rolled.session = whose.session", 1).replace(
    "CONDITION", "rolled.user = 0 AND rolled.session != 0"
)


def unroll(client: Client, days: Iterable[date]) -> None:
    """Have these days read from their events, until they are rolled up anew, without who is hidden.

    A week that has one of them is unrolled too, by its Monday, whose own roll goes with it.
    """
    if listed := _with_weeks(days):
        client.command(_UNROLL, {"days": listed})


def delete_old(client: Client, table: str, tenants: Sequence[str], days: Sequence[date]) -> None:
    """Delete what these tenants have in rolls of the table that were made before their days changed."""
    if old(client, table, tenants, days):
        asked = {"table": table, "tenants": list(tenants), "rolls": _old_rolls(client, table, days)}
        sql = f"ALTER TABLE {{table:Identifier}} DELETE WHERE {_OF_TENANTS}"
        client.command(sql, asked, settings={"mutations_sync": 1})


def old(client: Client, table: str, tenants: Sequence[str], days: Sequence[date]) -> int:
    """How many rows these tenants have in such rolls."""
    if not (rolls := _old_rolls(client, table, days)):
        return 0
    sql = f"SELECT count() FROM {{table:Identifier}} WHERE {_OF_TENANTS}"  # noqa: S608  a text of this module
    asked = {"table": table, "tenants": list(tenants), "rolls": rolls}
    return int(client.query(sql, asked).result_rows[0][0])


def _old_rolls(client: Client, table: str, days: Sequence[date]) -> list[tuple[date, int]]:
    rows = client.query(_OLD, {"table": table, "days": _with_weeks(days)}).result_rows if days else []
    return [(day, roll) for day, roll in rows]


def _with_weeks(days: Iterable[date]) -> list[date]:
    """These days, and the Mondays by which the rolls of their weeks go."""
    return sorted({each for day in days for each in (day, day - timedelta(days=day.weekday()))})


def people(client: Client, requests: Sequence[str]) -> dict[str, int]:
    """How many rows of rolled sessions are of who is hidden for each request, where there are any."""
    found: dict[str, int] = {}
    for sql in (_BY_USER, _BY_SESSION):
        for request, count in client.query(sql, {"requests": list(requests)}).result_rows:
            found[request] = found.get(request, 0) + count
    return found
