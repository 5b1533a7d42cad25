"""What belongs to hidden persons by their rows: sessions they were seen in, traces that either caused.

Each function takes any number of requests: all of persons, or all of tenants.
"""

# ruff: noqa: S608  the texts stand in this package, what is asked travels as parameters

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from clickhouse_connect.driver.client import Client

from privacy.rights.requests import Request
from privacy.rights.rolls import unroll
from privacy.rights.subjects import OURS, SUBJECT, suppress

_LINK = f"""
    INSERT INTO hidden (tenant, subject, request, last_at)
    SELECT whose.tenant, linked, whose.request, max(received_at)
    FROM
    (
        SELECT tenant, OF_EVENT AS linked, NAMED AS named, received_at FROM usage_events WHERE NARROWED
        UNION ALL
        SELECT tenant, OF_SPAN AS linked, NAMED AS named, received_at FROM trace_spans WHERE NARROWED
    ) AS held
    INNER JOIN (SELECT DISTINCT tenant, subject, request {OURS}) AS whose
    ON held.tenant = whose.tenant AND held.named = whose.subject
    WHERE linked != ''
      AND (whose.tenant, linked, whose.request) NOT IN (SELECT tenant, subject, request {OURS})
    GROUP BY whose.tenant, linked, whose.request
"""
_OF_TENANTS = f"tenant IN (SELECT tenant {OURS})"
_BY_USER = f"{_OF_TENANTS} AND user_id != '' AND user_id IN (SELECT subject {OURS})"
_BY_USER_OR_NONE = f"{_OF_TENANTS} AND (user_id = '' OR user_id IN (SELECT subject {OURS}))"
_SESSIONS = (
    _LINK.replace("OF_EVENT", "session_id")
    .replace("OF_SPAN", "session_id")
    .replace("NAMED", "user_id")
    .replace("NARROWED", _BY_USER)
)
_TRACES = (
    _LINK.replace("OF_EVENT", "lower(trace_id)")
    .replace("OF_SPAN", "lower(hex(trace_id))")
    .replace("NAMED", "if(user_id != '', user_id, session_id)")
    .replace("NARROWED", f"{_BY_USER_OR_NONE} AND (user_id != '' OR session_id != '')")
)
_HELD = f"""
    SELECT whose.request, part, day, count()
    FROM
    (
        SELECT tenant, _partition_id AS part, toDate(received_at, 'UTC') AS day, SUBJECT AS named
        FROM TABLE
        WHERE NARROWED
    ) AS held
    INNER JOIN (SELECT DISTINCT tenant, subject, request {OURS}) AS whose
    ON held.tenant = whose.tenantLINKED
    GROUP BY whose.request, part, day
"""
_LINKED = " AND held.named = whose.subject"


class Held(NamedTuple):
    """Rows of one request's in one partition of a table."""

    request: str
    table: str
    partition: str
    day: date
    rows: int


def link(client: Client, requests: Sequence[Request]) -> None:
    """Hide the sessions and traces that are the persons' by their rows."""
    if requests[0].whose.pseudonyms:
        for sql in (_SESSIONS, _TRACES):
            client.command(sql, {"requests": [one.id for one in requests]})


def held(client: Client, requests: Sequence[Request]) -> list[Held]:
    """What is stored of the subjects that are hidden for these requests."""
    is_whole = not requests[0].whose.pseudonyms
    found = []
    for table, subject in SUBJECT.items():
        sql = _HELD.replace("TABLE", table).replace("SUBJECT", subject)
        sql = sql.replace("LINKED", "" if is_whole else _LINKED)
        sql = sql.replace("NARROWED", _OF_TENANTS if is_whole else _BY_USER_OR_NONE)
        rows = client.query(sql, {"requests": [one.id for one in requests]}).result_rows
        found += [Held(request, table, part, day, count) for request, part, day, count in rows]
    return found


def find(client: Client, requests: Sequence[Request]) -> list[Held]:
    """All that is theirs by now: linked, kept out as well, and the rolls of its days read no more."""
    link(client, requests)
    suppress(client, requests)
    found = held(client, requests)
    unroll(client, {one.day for one in found})
    return found
