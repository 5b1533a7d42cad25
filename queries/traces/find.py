"""Which traces there are: those with a span for which every condition holds, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces.actions import Visitor, visitors
from queries.traces.conditions import Condition
from queries.traces.floor import ask
from queries.traces.matching import matching
from queries.traces.period import STARTED, Period
from queries.traces.places import READ_THERE, SCAN, locate, there

SETTINGS = {"precise_float_parsing": 1} | SCAN
_FIRST_PART, _MARGIN = 1 / 64, 1.5
"""The share of a period that is looked into first; how much further than its finds say the next part goes."""

_IDS = """
    SELECT lower(hex(trace_key)) AS trace, max(started_at) AS newest
    FROM span_rows WHERE tenant = {{tenant:String}} AND {started}
      {narrowed}
      AND {conditions}
    GROUP BY trace_key
    ORDER BY newest DESC, trace
    LIMIT {{limit:UInt32}}
"""
_NARROWED = {
    "service": "AND service = {service:String}",
    "operation": "AND name = {operation:String}",
    "min_duration_ns": "AND duration_ns >= {min_duration_ns:Int64}",
    "max_duration_ns": "AND duration_ns <= {max_duration_ns:Int64}",
    "status": "AND status = {status:String}",
    "session": "AND (session_id = {session:String} OR trace_key IN ("
    "SELECT toFixedString(substring(unhex(trace_id), 1, 16), 16) FROM usage WHERE tenant = {tenant:String}"
    " AND session_id = {session:String} AND match(trace_id, '^[0-9a-fA-F]{32}$')"
    " AND toDate(received_at, 'UTC') >= toDate({since:DateTime64(6, 'UTC')}, 'UTC') - 1))",
    "user": "AND (user_id = {user:String} OR trace_key IN ("
    "SELECT toFixedString(substring(unhex(trace_id), 1, 16), 16) FROM usage WHERE tenant = {tenant:String}"
    " AND user_id = {user:String} AND match(trace_id, '^[0-9a-fA-F]{32}$')"
    " AND toDate(received_at, 'UTC') >= toDate({since:DateTime64(6, 'UTC')}, 'UTC') - 1))",
}
_DETAILS = """
    SELECT
        lower(hex(trace_key)) AS trace,
        min(started_at) AS first,
        max(toUnixTimestamp64Nano(started_at) + duration_ns) - toUnixTimestamp64Nano(first),
        argMin((service, name), (parent_span_id != '', started_at)),
        uniqExact(span_id),
        uniqExactIf(span_id, status = 'error'),
        anyIf(session_id, session_id != ''),
        anyIf(user_id, user_id != '')
    FROM span_rows WHERE {there}
    GROUP BY trace_key
"""


@dataclass(frozen=True)
class FindQuestion:
    """Whose traces, when, and what has to be true of one of their spans.

    `session` and `user` hold also of a trace that a usage event of theirs names; a user is its pseudonym.
    """

    tenant: str
    period: Period
    service: str | None = None
    operation: str | None = None
    status: str | None = None
    session: str | None = None
    user: str | None = None
    min_duration_ns: int | None = None
    max_duration_ns: int | None = None
    where: Sequence[Condition] = ()
    limit: int = 20


@dataclass(frozen=True)
class FoundTrace:
    """One trace: what it began with (its root, or else its first span), how long it took and what failed."""

    trace_id: str
    started_at: datetime
    duration_ns: int
    service: str
    operation: str
    spans: int
    errors: int
    session_id: str
    user_id: str


def find(client: Client, question: FindQuestion) -> list[FoundTrace]:
    """Answer; the ids come first, from narrow columns, then what is told of the found traces alone."""
    ids = _newest(client, question)
    places = locate(client, ids, question.tenant) if ids else []
    if not places:
        return []
    where, where_parameters = there(places)
    rows = ask(client, _DETAILS.format(there=where), where_parameters, READ_THERE)
    nameless = {trace for trace, *_, session, user in rows if not (session and user)}
    asked = [place for place in places if place.trace_id in nameless]
    known = visitors(client, question.tenant, asked) if asked else {}
    found = {row[0]: _found(row, known.get(row[0])) for row in rows}
    return [found[trace_id] for trace_id in ids if trace_id in found]


def _newest(client: Client, question: FindQuestion) -> list[str]:
    """Look into the latest part of the period first, then as far back as should suffice, then into the rest.

    A trace whose newest match lies in a later part comes before all that only an earlier one has: the answer
    is the same as for the whole, and what is frequent is found in little of it.
    """
    found: dict[str, None] = {}
    part: Period | None = question.period.latest(_FIRST_PART)
    while part is not None:
        sql, parameters = _ids(replace(question, period=part))
        rows = ask(client, sql, parameters, SETTINGS)
        found |= dict.fromkeys(row[0] for row in rows if row[0] not in found)
        if len(found) >= question.limit:
            break
        part = question.period.earlier(part, _MARGIN * question.limit / len(found) if found else inf)
    return list(found)[: question.limit]


def _ids(question: FindQuestion) -> tuple[str, dict[str, Any]]:
    conditions, parameters = matching(question.where)
    narrowed = [sql for name, sql in _NARROWED.items() if getattr(question, name) is not None]
    parameters |= {name: getattr(question, name) for name in _NARROWED if getattr(question, name) is not None}
    parameters |= question.period.parameters | {"tenant": question.tenant, "limit": question.limit}
    sql = _IDS.format(started=STARTED, narrowed="\n".join(narrowed), conditions=conditions)
    return sql, parameters


def _found(row: Sequence[Any], visitor: Visitor | None) -> FoundTrace:
    trace_id, first, duration, (service, operation), spans, errors, session_id, user_id = row
    seen = visitor or Visitor("", "")
    return FoundTrace(
        trace_id, first, duration, service, operation, spans, errors,
        session_id or seen.session_id, user_id or seen.user_id,
    )  # fmt: skip
