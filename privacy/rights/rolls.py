"""What was rolled up of days whose events change: read no more, and what is a person's in it is deleted."""

from collections.abc import Iterable, Sequence
from datetime import date

from clickhouse_connect.driver.client import Client

TABLES = ("rolled_sessions", "rolled_actions", "rolled_pages")
_UNROLL = "INSERT INTO unrolled (day, at) SELECT arrayJoin({days:Array(Date)}), now64(3, 'UTC')"
_OF_DAYS = """
    tenant IN {tenants:Array(String)} AND day IN {days:Array(Date)}
    AND (day, toDateTime64(roll / 1000, 3, 'UTC')) IN
    (
        SELECT rolls.day, toDateTime64(roll / 1000, 3, 'UTC')
        FROM (SELECT DISTINCT day, roll FROM %s WHERE day IN {days:Array(Date)}) AS rolls
        INNER JOIN (SELECT day, max(at) AS at FROM unrolled GROUP BY day) AS changed
        ON rolls.day = changed.day
        WHERE roll <= toUnixTimestamp64Milli(at)
    )
"""
_PEOPLE = """
    SELECT count() FROM rolled_sessions
    WHERE tenant = {tenant:String} AND (
        user IN
        (
            SELECT if(length(subject) = 32, reinterpretAsUInt128(reverse(unhex(subject))),
                reinterpretAsUInt128(sipHash128(subject)))
            FROM (SELECT arrayJoin({users:Array(String)}) AS subject)
        )
        OR user = 0 AND session IN
        (
            SELECT sipHash64(subject) FROM hidden
            WHERE tenant = {tenant:String} AND request = {request:String}
        )
    )
"""


def unroll(client: Client, days: Iterable[date]) -> None:
    """Have these days read from their events, until they are rolled up anew, without who is hidden."""
    if listed := sorted(set(days)):
        client.command(_UNROLL, {"days": listed})


def delete_old(client: Client, tenants: Sequence[str], days: Iterable[date]) -> None:
    """Delete what these tenants have in rolls that were made before their days changed."""
    if not (listed := sorted(set(days))):
        return
    for table in TABLES:
        if old(client, table, tenants, listed):
            client.command(
                f"ALTER TABLE {table} DELETE WHERE {_OF_DAYS % table}",
                {"tenants": list(tenants), "days": listed},
                settings={"mutations_sync": 1},
            )


def old(client: Client, table: str, tenants: Sequence[str], days: Iterable[date]) -> int:
    """How many rows these tenants have in such rolls."""
    listed = sorted(set(days))
    if not listed:
        return 0
    sql = f"SELECT count() FROM {table} WHERE {_OF_DAYS % table}"  # noqa: S608  texts of this module
    return int(client.query(sql, {"tenants": list(tenants), "days": listed}).result_rows[0][0])


def people(client: Client, tenant: str, users: Sequence[str], request: str) -> int:
    """How many rows of sessions are of these users, or of the sessions that are hidden for a request."""
    parameters = {"tenant": tenant, "users": list(users), "request": request}
    return int(client.query(_PEOPLE, parameters).result_rows[0][0])
