"""A person's subjects, hidden and suppressed.

A row's subject is its user, or else its session, or else its trace (migration 032). So what a person did
before they were identified belongs to them, and what another one did in the same session does not.
"""

# ruff: noqa: S608  the texts stand in this module, what is asked travels as parameters

from collections.abc import Sequence

from clickhouse_connect.driver.client import Client

from privacy.rights.requests import Request, Whose

SUBJECT = {
    "usage_events": "multiIf(user_id != '', user_id, session_id != '', session_id, lower(trace_id))",
    "trace_spans": "multiIf(user_id != '', user_id, session_id != '', session_id, lower(hex(trace_id)))",
}
"""Of the tables whose rows are people's."""
COPIES_LIVE_DAYS = 29
"""Longest time from arrival until no copy outside ClickHouse can bring a row: 14 days in a spool or before
a replay, 7 and a quarter in Kafka, as much again as a dead letter (docs/privacy/retention.md)."""
OURS = "FROM hidden WHERE request IN {requests:Array(String)}"
"""Who is hidden for some requests: the users, and what `links.py` has added."""

_USERS = """
    SELECT one.1 AS tenant, one.2 AS subject, one.3 AS request
    FROM (SELECT arrayJoin({users:Array(Tuple(String, String, String))}) AS one)
"""
_HIDE = f"""
    INSERT INTO hidden (tenant, subject, request, last_at)
    SELECT tenant, subject, request, now64(3, 'UTC') FROM ({_USERS})
    WHERE (tenant, subject, request) NOT IN (SELECT tenant, subject, request {OURS})
"""
_SUPPRESS_USERS = f"""
    INSERT INTO suppressions (tenant, subject, until, request, keep_until)
    SELECT tenant, subject, '2299-01-01', request, '2100-01-01' FROM ({_USERS})
    WHERE (tenant, subject) NOT IN
    (
        SELECT tenant, subject FROM suppressions
        WHERE tenant IN (SELECT tenant {OURS}) AND until >= '2200-01-01' AND keep_until >= '2100-01-01'
    )
"""
_SUPPRESS_LINKED = f"""
    INSERT INTO suppressions (tenant, subject, until, request, keep_until)
    SELECT tenant, subject, '2299-01-01', request, toDate(now('UTC')) + {{days:UInt16}}
    {OURS}
      AND last_at > now('UTC') - toIntervalDay({{days:UInt16}})
      AND (tenant, subject) NOT IN (SELECT tenant, subject FROM ({_USERS}))
      AND (tenant, subject) NOT IN
      (
          SELECT tenant, subject FROM suppressions WHERE tenant IN (SELECT tenant {OURS})
      )
"""
_LIFT = """
    ALTER TABLE suppressions UPDATE until = now64(3, 'UTC'), keep_until = toDate(now('UTC')) + {days:UInt16}
    WHERE tenant = {tenant:String} AND subject IN {subjects:Array(String)} AND until >= '2200-01-01'
"""


def hide(client: Client, requests: Sequence[Request]) -> None:
    """Take the users out of every view at once."""
    client.command(_HIDE, _parameters(requests))


def suppress(client: Client, requests: Sequence[Request]) -> None:
    """Keep the users' rows from being stored, from the next INSERT on; what is linked by now too."""
    client.command(_SUPPRESS_USERS, _parameters(requests))
    client.command(_SUPPRESS_LINKED, _parameters(requests) | {"days": COPIES_LIVE_DAYS})


def show(client: Client, requests: Sequence[str]) -> None:
    """End the hiding of these requests."""
    sql = "ALTER TABLE hidden DELETE WHERE request IN {requests:Array(String)}"
    client.command(sql, {"requests": list(requests)}, settings={"mutations_sync": 1})


def requests_hiding(client: Client, whose: Sequence[Whose]) -> list[str]:
    """The requests for which any of these persons, or tenants, is hidden now."""
    subjects = [(one.tenant, subject) for one in whose for subject in one.subjects]
    sql = (
        "SELECT DISTINCT request FROM hidden WHERE (tenant, subject) IN {whose:Array(Tuple(String, String))}"
    )
    return [request for (request,) in client.query(sql, {"whose": subjects}).result_rows]


def count_hidden(client: Client, request: Request) -> int:
    """How many subjects are hidden for a request."""
    return int(client.query(f"SELECT count() {OURS}", {"requests": [request.id]}).result_rows[0][0])


def lift(client: Client, whose: Whose) -> None:
    """Store again what arrives from now on; what arrived before stays out, whoever brings it."""
    asked = {"tenant": whose.tenant, "subjects": list(whose.subjects), "days": COPIES_LIVE_DAYS}
    client.command(_LIFT, asked, settings={"mutations_sync": 1})


def _parameters(requests: Sequence[Request]) -> dict[str, object]:
    users = [(one.whose.tenant, subject, one.id) for one in requests for subject in one.whose.subjects]
    return {"users": users, "requests": [one.id for one in requests]}
