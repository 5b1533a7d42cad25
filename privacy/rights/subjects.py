"""A person's subjects: their users, the sessions these are seen in, and the traces that either caused.

A row's subject is its user, or else its session, or else its trace (migration 032). So what a person did
before they were identified belongs to them, and what another one did in the same session does not.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from clickhouse_connect.driver.client import Client

from privacy.rights.requests import Request, Whose

SUBJECT = {
    "usage_events": "multiIf(user_id != '', user_id, session_id != '', session_id, lower(trace_id))",
    "trace_spans": "multiIf(user_id != '', user_id, session_id != '', session_id, lower(hex(trace_id)))",
}
"""Of the tables whose rows are people's."""
COPIES_LIVE_DAYS = 28
"""Longest time from arrival until no copy outside ClickHouse can bring a row: 14 days in a spool or before
a replay, 7 in Kafka, 7 more as a dead letter (schemas/topics.py, consumers/record.py)."""

_OF_REQUEST = "tenant = {tenant:String} AND request = {request:String}"
_NOT_THERE = f"subject NOT IN (SELECT subject FROM hidden WHERE {_OF_REQUEST})"  # noqa: S608
_HIDE = f"""
    INSERT INTO hidden (tenant, subject, request, last_at)
    SELECT {{tenant:String}}, arrayJoin({{subjects:Array(String)}}) AS subject, {{request:String}}, now64(3)
    WHERE {_NOT_THERE}
"""
_LINK = """
    INSERT INTO hidden (tenant, subject, request, last_at)
    SELECT {{tenant:String}}, subject, {{request:String}}, max(received_at)
    FROM
    (
        SELECT {of_event} AS subject, received_at FROM usage_events WHERE {whose}
        UNION ALL
        SELECT {of_span} AS subject, received_at FROM trace_spans WHERE {whose}
    )
    WHERE subject != '' AND {not_there}
    GROUP BY subject
"""
_MINE = "tenant = {tenant:String} AND user_id IN {users:Array(String)}"
_OURS = f"""
    tenant = {{tenant:String}} AND
    (
        user_id IN {{users:Array(String)}}
        OR user_id = '' AND session_id != ''
            AND session_id IN (SELECT subject FROM hidden WHERE {_OF_REQUEST})
    )
"""  # noqa: S608  texts of this module alone
_SESSIONS = _LINK.format(of_event="session_id", of_span="session_id", whose=_MINE, not_there=_NOT_THERE)
_TRACES = _LINK.format(
    of_event="lower(trace_id)", of_span="lower(hex(trace_id))", whose=_OURS, not_there=_NOT_THERE
)
_SUPPRESS_USERS = """
    INSERT INTO suppressions (tenant, subject, until, request, keep_until)
    SELECT
        {tenant:String}, arrayJoin({subjects:Array(String)}) AS subject,
        '2299-01-01', {request:String}, '2100-01-01'
    WHERE subject NOT IN
    (
        SELECT subject FROM suppressions
        WHERE tenant = {tenant:String} AND until >= '2200-01-01' AND keep_until >= '2100-01-01'
    )
"""
_SUPPRESS_LINKED = """
    INSERT INTO suppressions (tenant, subject, until, request, keep_until)
    SELECT tenant, subject, '2299-01-01', request, toDate(now('UTC')) + {days:UInt16}
    FROM hidden
    WHERE tenant = {tenant:String} AND request = {request:String} AND subject NOT IN {subjects:Array(String)}
      AND last_at > now('UTC') - toIntervalDay({days:UInt16})
      AND subject NOT IN (SELECT subject FROM suppressions WHERE tenant = {tenant:String})
"""
_HIDDEN = "FROM hidden WHERE request IN {{requests:Array(String)}}"
_HELD = f"""
    SELECT whose.request, part, day, count()
    FROM
    (
        SELECT tenant, _partition_id AS part, toDate(received_at, 'UTC') AS day, {{subject}} AS subject
        FROM {{table}}
        WHERE tenant IN (SELECT tenant {_HIDDEN}){{narrowed}}
    ) AS held
    INNER JOIN (SELECT DISTINCT tenant, subject, request {_HIDDEN}) AS whose ON {{on}}
    GROUP BY whose.request, part, day
"""  # noqa: S608
_BY_USER = """

          AND (
              user_id = ''
              OR user_id IN (SELECT subject FROM hidden WHERE request IN {requests:Array(String)})
          )
"""
_LINKED = "held.tenant = whose.tenant AND held.subject = whose.subject"
_WHOLE = "held.tenant = whose.tenant"


class Held(NamedTuple):
    """Rows of one request's in one partition of a table."""

    request: str
    table: str
    partition: str
    day: date
    rows: int


def hide(client: Client, request: Request) -> None:
    """Take the users out of every view at once."""
    client.command(_HIDE, _parameters(request))


def suppress(client: Client, request: Request) -> None:
    """Keep the users' rows from being stored, from the next INSERT on; what is linked by now too."""
    client.command(_SUPPRESS_USERS, _parameters(request))
    client.command(_SUPPRESS_LINKED, _parameters(request) | {"days": COPIES_LIVE_DAYS})


def link(client: Client, request: Request) -> None:
    """Hide the sessions and traces that are the person's by their rows."""
    if request.whose.pseudonyms:
        for sql in (_SESSIONS, _TRACES):
            client.command(sql, _parameters(request))


def held(client: Client, requests: Sequence[Request]) -> list[Held]:
    """What is stored of the subjects hidden for these requests: all of persons, or all of tenants."""
    whole = not requests[0].whose.pseudonyms
    found = []
    for table, subject in SUBJECT.items():
        sql = _HELD.format(
            table=table, subject=subject, narrowed="" if whole else _BY_USER, on=_WHOLE if whole else _LINKED
        )
        rows = client.query(sql, {"requests": [one.id for one in requests]}).result_rows
        found += [Held(request, table, part, day, count) for request, part, day, count in rows]
    return found


def show(client: Client, requests: Sequence[str]) -> None:
    """End the hiding of these requests."""
    client.command(
        "ALTER TABLE hidden DELETE WHERE request IN {requests:Array(String)}",
        {"requests": list(requests)},
        settings={"mutations_sync": 1},
    )


def requests_hiding(client: Client, whose: Whose) -> list[str]:
    """The requests for which a person, or tenant, is hidden now."""
    rows = client.query(
        "SELECT DISTINCT request FROM hidden WHERE tenant = {tenant:String}"
        " AND subject IN {subjects:Array(String)}",
        {"tenant": whose.tenant, "subjects": list(whose.subjects)},
    ).result_rows
    return [request for (request,) in rows]


def count_hidden(client: Client, request: Request) -> int:
    """How many subjects are hidden for a request."""
    sql = f"SELECT count() FROM hidden WHERE {_OF_REQUEST}"  # noqa: S608
    return int(client.query(sql, _parameters(request)).result_rows[0][0])


def lift(client: Client, whose: Whose) -> None:
    """Store again what arrives from now on; what arrived before stays out, whoever brings it."""
    client.command(
        "ALTER TABLE suppressions"
        " UPDATE until = now64(3, 'UTC'), keep_until = toDate(now('UTC')) + {days:UInt16}"
        " WHERE tenant = {tenant:String} AND subject IN {subjects:Array(String)} AND until >= '2200-01-01'",
        {"tenant": whose.tenant, "subjects": list(whose.subjects), "days": COPIES_LIVE_DAYS},
        settings={"mutations_sync": 1},
    )


def _parameters(request: Request) -> dict[str, object]:
    whose = request.whose
    subjects = list(whose.subjects)
    return {"tenant": whose.tenant, "request": request.id, "subjects": subjects, "users": subjects}
