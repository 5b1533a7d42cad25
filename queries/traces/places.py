"""Where traces lie: from their ids to the minutes and days to read, without a scan."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces.look_up import look_up, named

_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_MINUTE_NS = 60 * 1_000_000_000
_MINUTES_END_NS = (2**32 - 60) * 1_000_000_000
_MOST_MINUTES = 300
SCAN = {"optimize_use_projections": 0}
"""For rows: no projection can help, and to consult each is a third of the plan."""
READ_THERE = SCAN | {"optimize_move_to_prewhere": 0}
"""For rows whose place is known: to choose what to read first takes longer than to read it all."""

_SEEN = """
    SELECT
        tenant, lower(hex(trace_key)) AS trace, toDate(received_at, 'UTC') AS day, count(),
        toUnixTimestamp64Nano(min(started_at)), toUnixTimestamp64Nano(max(started_at))
    FROM span_rows
    WHERE {there}
    GROUP BY tenant, trace_key, day
"""
"""What the look-up gives, of what may be seen, read where the traces lie."""

_THERE = "tenant = {tenant:String} AND toDate(received_at, 'UTC') IN {days:Array(Date)} AND "
_FEW_MINUTES = " AND toStartOfMinute(started_at) IN {minutes:Array(DateTime('UTC'))}"
_MINUTES = """
    AND started_at >= fromUnixTimestamp64Nano({first:Int64}, 'UTC')
    AND started_at <= fromUnixTimestamp64Nano({last:Int64}, 'UTC')
    AND toStartOfMinute(started_at) >= toStartOfMinute(fromUnixTimestamp64Nano({first:Int64}, 'UTC'))
    AND toStartOfMinute(started_at) <= toStartOfMinute(fromUnixTimestamp64Nano({last:Int64}, 'UTC'))
"""


class MalformedTraceId(ValueError):
    """What was written is no trace id; the message says what is."""


def parse_trace_id(text: str) -> str:
    """Give the 32 hexadecimal digits, lower case; raises MalformedTraceId."""
    written = text.strip().lower().replace("-", "")
    if not _ID.fullmatch(written):
        raise MalformedTraceId(f"{text!r} is no trace id: 32 hexadecimal digits, not all zero.")
    return written


@dataclass(frozen=True)
class Place:
    """Where one trace of a tenant lies: the days of its arrival, and its first and last start (Unix ns)."""

    tenant: str
    trace_id: str
    days: tuple[date, ...]
    first_ns: int
    last_ns: int
    rows: int


def locate(client: Client, trace_ids: Sequence[str], tenant: str | None = None) -> list[Place]:
    """Find traces; without a tenant those of all. What has expired, is hidden or not stored is left out."""
    rows = look_up(client, trace_ids, tenant or "")
    places = _places(rows)
    return _seen(client, places) if rows and rows[0][-1] else places


def _seen(client: Client, places: Sequence[Place]) -> list[Place]:
    """What of these places may be seen while somebody is hidden."""
    seen: list[Place] = []
    for _, own in groupby(places, key=lambda place: place.tenant):
        where, parameters = there(list(own))
        rows = client.query(_SEEN.format(there=where), parameters, settings=READ_THERE).result_rows
        seen += _places(rows)
    return seen


def _places(rows: Sequence[Sequence[Any]]) -> list[Place]:
    found: dict[tuple[str, str], list[Sequence[Any]]] = {}
    for owner, trace, *rest in rows:
        found.setdefault((owner, trace), []).append(rest)
    return [
        Place(
            owner,
            trace,
            days=tuple(sorted({day for day, *_ in parts})),
            rows=sum(count for _, count, *_ in parts),
            first_ns=min(first for _, _, first, *_ in parts),
            last_ns=max(last for _, _, _, last, *_ in parts),
        )
        for (owner, trace), parts in sorted(found.items())
    ]


def there(places: Sequence[Place]) -> tuple[str, dict[str, Any]]:
    """The condition on the view `spans` for the traces of one tenant, and its parameters.

    It names the minutes of their spans if they are few, else the first and the last. Times that
    toStartOfMinute cannot hold, before 1970 and from 2106 on, are not narrowed down.
    """
    first, last = min(place.first_ns for place in places), max(place.last_ns for place in places)
    condition, parameters = named("trace_key", [place.trace_id for place in places])
    condition = _THERE + condition
    parameters |= {
        "tenant": places[0].tenant,
        "days": sorted({day for place in places for day in place.days}),
    }
    if first < 0 or last >= _MINUTES_END_NS:
        return condition, parameters
    minutes = {minute for place in places for minute in _minutes(place)}
    if len(minutes) <= _MOST_MINUTES:
        moments = [datetime.fromtimestamp(60 * minute, UTC) for minute in sorted(minutes)]
        return condition + _FEW_MINUTES, parameters | {"minutes": moments}
    return condition + _MINUTES, parameters | {"first": first, "last": last}


def _minutes(place: Place) -> range:
    """Its minutes, or of very many one more than are named."""
    first, last = place.first_ns // _MINUTE_NS, place.last_ns // _MINUTE_NS
    return range(first, min(last, first + _MOST_MINUTES) + 1)
