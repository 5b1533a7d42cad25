"""What was rolled up of days whose events change: read no more, and what is a person's in it is deleted."""

from collections.abc import Iterable, Sequence
from datetime import date

from clickhouse_connect.driver.client import Client

TABLES = ("rolled_sessions", "rolled_actions", "rolled_pages")
_UNROLL = "INSERT INTO unrolled (day, at) SELECT arrayJoin({days:Array(Date)}), now64(3, 'UTC')"
_OLD = """
    tenant IN {tenants:Array(String)} AND day IN {days:Array(Date)} AND (day, roll) IN
    (
        SELECT rolls.day, roll
        FROM (SELECT DISTINCT day, roll FROM TABLE WHERE day IN {days:Array(Date)}) AS rolls
        INNER JOIN (SELECT day, max(at) AS at FROM unrolled GROUP BY day) AS changed
        ON rolls.day = changed.day
        WHERE roll <= toUnixTimestamp64Milli(at)
    )
"""
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
    """Have these days read from their events, until they are rolled up anew, without who is hidden."""
    if listed := sorted(set(days)):
        client.command(_UNROLL, {"days": listed})


def delete_old(client: Client, table: str, tenants: Sequence[str], days: Sequence[date]) -> None:
    """Delete what these tenants have in rolls of the table that were made before their days changed."""
    if old(client, table, tenants, days):
        client.command(
            f"ALTER TABLE {table} DELETE WHERE {_OLD.replace('TABLE', table)}",
            {"tenants": list(tenants), "days": list(days)},
            settings={"mutations_sync": 1},
        )


def old(client: Client, table: str, tenants: Sequence[str], days: Sequence[date]) -> int:
    """How many rows these tenants have in such rolls."""
    if not days:
        return 0
    sql = f"SELECT count() FROM {table} WHERE {_OLD.replace('TABLE', table)}"  # noqa: S608  of this module
    return int(client.query(sql, {"tenants": list(tenants), "days": list(days)}).result_rows[0][0])


def people(client: Client, requests: Sequence[str]) -> dict[str, int]:
    """How many rows of rolled sessions are of who is hidden for each request, where there are any."""
    found: dict[str, int] = {}
    for sql in (_BY_USER, _BY_SESSION):
        for request, count in client.query(sql, {"requests": list(requests)}).result_rows:
            found[request] = found.get(request, 0) + count
    return found
