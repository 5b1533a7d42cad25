"""From traces to people's actions: usage events that name a trace, and what else their session did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces.places import Place

AROUND = timedelta(minutes=15)
_LATEST_ARRIVAL = timedelta(days=14)
_BEFORE = timedelta(days=1)
_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2105, 1, 1, tzinfo=UTC)

_DAYS = """
    toDate(received_at, 'UTC') >= toDate({from:DateTime64(3, 'UTC')}, 'UTC')
    AND toDate(received_at, 'UTC') <= toDate({to:DateTime64(3, 'UTC')}, 'UTC')
"""
"""Events arrive after they happened: a page that was offline sends them days later, 14 at most."""

_VISITORS = f"""
    SELECT lower(trace_id) AS trace, anyIf(session_id, session_id != ''), anyIf(user_id, user_id != '')
    FROM usage
    WHERE tenant = {{tenant:String}} AND {_DAYS} AND lower(trace_id) IN {{traces:Array(String)}}
    GROUP BY trace
"""  # noqa: S608  the pieces stand in this module
_ACTIONS = f"""
    SELECT occurred_at, kind, name, page, user_id, session_id, lower(trace_id)
    FROM usage
    WHERE tenant = {{tenant:String}} AND {_DAYS}
      AND (
          lower(trace_id) = {{trace:String}}
          OR (
              session_id IN {{sessions:Array(String)}}
              AND occurred_at >= {{early:DateTime64(3, 'UTC')}}
              AND occurred_at <= {{late:DateTime64(3, 'UTC')}}
          )
      )
    ORDER BY
        lower(trace_id) = {{trace:String}} DESC,
        abs(toUnixTimestamp64Milli(occurred_at) - {{start_ms:Int64}})
    LIMIT {{limit:UInt32}}
"""  # noqa: S608  the pieces stand in this module


@dataclass(frozen=True)
class Visitor:
    """Who an event says was there: a session and a pseudonym, each empty where it is not known."""

    session_id: str
    user_id: str


@dataclass(frozen=True)
class Action:
    """One usage event; `of_trace` says whether it names the trace that was asked for."""

    occurred_at: datetime
    kind: str
    name: str
    page: str
    user_id: str
    session_id: str
    trace_id: str
    of_trace: bool


def visitors(client: Client, tenant: str, places: Sequence[Place]) -> dict[str, Visitor]:
    """Give the visitor of each trace that a usage event names."""
    parameters = {"tenant": tenant, "traces": [place.trace_id for place in places], **_days(places)}
    rows = client.query(_VISITORS, parameters).result_rows
    return {trace: Visitor(session, user) for trace, session, user in rows}


def actions(client: Client, place: Place, sessions: Sequence[str] = (), limit: int = 50) -> list[Action]:
    """What the user did, in the order of time: events that name the trace, and its sessions' around it.

    The sessions are those that its events name, and those given, which spans name.
    """
    known = visitors(client, place.tenant, [place]).get(place.trace_id)
    own = {*sessions, known.session_id if known else ""} - {""}
    first, last = _moment(place.first_ns), _moment(place.last_ns)
    parameters = {
        "tenant": place.tenant, "trace": place.trace_id, "sessions": sorted(own),
        "early": _text(first - AROUND), "late": _text(last + AROUND),
        "start_ms": round(first.timestamp() * 1_000), "limit": limit, **_days([place]),
    }  # fmt: skip
    rows = client.query(_ACTIONS, parameters).result_rows
    return sorted((_action(row, place) for row in rows), key=lambda one: one.occurred_at)


def _action(row: Sequence[Any], place: Place) -> Action:
    occurred_at, kind, name, page, user_id, session_id, trace_id = row
    of_trace = trace_id == place.trace_id
    return Action(occurred_at, kind, name, page, user_id, session_id, trace_id, of_trace)


def _days(places: Sequence[Place]) -> dict[str, Any]:
    first = _moment(min(place.first_ns for place in places))
    last = _moment(max(place.last_ns for place in places))
    return {"from": _text(first - _BEFORE), "to": _text(last + _LATEST_ARRIVAL)}


def _moment(ns: int) -> datetime:
    """A time that a question can be asked about, whatever a span said."""
    seconds = min(max(ns / 1e9, _EARLIEST.timestamp()), _LATEST.timestamp())
    return datetime.fromtimestamp(seconds, UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
