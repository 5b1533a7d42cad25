"""One trace as a person looks at it: all its spans, or of a very long one those that matter most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces.places import Place, there

SHOWN = 2_000
_ROUNDS = 16
_CUT = 300
_IDS_A_QUESTION = 1_000

_TOTALS = """
    SELECT uniqExact(span_id), uniqExactIf(span_id, status = 'error'), uniqExact(service),
        max(toUnixTimestamp64Nano(started_at) + duration_ns),
        groupUniqArrayIf(10)(session_id, session_id != '')
    FROM span_rows WHERE {there}
"""
_CHOSEN = """
    SELECT lower(hex(span_id)), lower(hex(any(parent_span_id))), count()
    FROM span_rows WHERE {there}
    GROUP BY span_id
    ORDER BY min(parent_span_id) = '' DESC, max(status) = 'error' DESC, min(started_at), span_id
    LIMIT {{limit:UInt32}}
"""
_OF_IDS = """
    FROM span_rows
    WHERE {there} AND span_id IN (SELECT toFixedString(unhex(arrayJoin({{ids:Array(String)}})), 8))
"""
_PARENTS = f"""
    SELECT lower(hex(span_id)), lower(hex(any(parent_span_id))), count()
    {_OF_IDS}
    GROUP BY span_id
"""
_TOLD = "substring({value}, if(length({value}) < 130, 3, if(length({value}) < 16387, 4, 5)), {cut})"
"""The beginning of a text attribute of an event, of which the table keeps the AnyValue's bytes."""
_SPANS = f"""
    WITH `events.attributes`[indexOf(`events.name`, 'exception')] AS exception
    SELECT
        lower(hex(span_id)), lower(hex(parent_span_id)), service, name, kind,
        toUnixTimestamp64Nano(started_at), duration_ns,
        status = 'error', substring(status_message, 1, {_CUT}), http_status, end_minus_start_ns < 0,
        {_TOLD.format(value="exception['exception.type']", cut=_CUT)},
        {_TOLD.format(value="exception['exception.message']", cut=_CUT)}
    {_OF_IDS}
    ORDER BY started_at, span_id
    LIMIT 1 BY span_id
"""


@dataclass(frozen=True)
class Span:
    """A span of the waterfall; times are Unix nanoseconds, ids hexadecimal, long texts are cut.

    `copies` counts the rows of its id. One that ended before it started has the duration 0, and says so.
    """

    id: str
    parent_id: str
    service: str
    name: str
    kind: str
    start_ns: int
    duration_ns: int
    failed: bool
    message: str
    http_status: int
    ends_before_start: bool
    exception_type: str
    exception_message: str
    copies: int

    @property
    def end_ns(self) -> int:
        """When it ended."""
        return self.start_ns + self.duration_ns


@dataclass(frozen=True)
class Trace:
    """A trace: `spans` are all of its `total`, or the weightiest; `hidden` are parents that were left out."""

    place: Place
    spans: tuple[Span, ...]
    total: int
    errors: int
    services: int
    duration_ns: int
    sessions: tuple[str, ...]
    hidden: frozenset[str]


def read_trace(client: Client, place: Place, shown: int = SHOWN) -> Trace:
    """Read a trace, of a longer one than `shown` roots, errors and the earliest, with their parents.

    What it holds in memory does not grow with the trace: at most twice `shown` spans, without attributes.
    """
    where, parameters = there([place])
    (totals,) = client.query(_TOTALS.format(there=where), parameters).result_rows
    total, errors, services, end_ns, sessions = totals
    rows = client.query(_CHOSEN.format(there=where), parameters | {"limit": shown}).result_rows
    chosen = {span_id: (parent, copies) for span_id, parent, copies in rows}
    hidden = _add_parents(client, where, parameters, chosen, shown) if total > len(chosen) else frozenset()
    found = _of_ids(client, _SPANS.format(there=where), parameters, list(chosen))
    spans = sorted((_span(row, chosen[row[0]][1]) for row in found), key=lambda one: (one.start_ns, one.id))
    return Trace(
        place, tuple(spans), total, errors, services, end_ns - place.first_ns, tuple(sorted(sessions)), hidden
    )


def _add_parents(
    client: Client, where: str, parameters: dict[str, Any], chosen: dict[str, tuple[str, int]], room: int
) -> frozenset[str]:
    """Add the spans above those chosen, while there is room; gives the parents that were not added."""
    asked: set[str] = set()
    for _ in range(_ROUNDS):
        wanted = {parent for parent, _ in chosen.values() if parent} - chosen.keys() - asked
        if not wanted:
            return frozenset()
        asked |= wanted
        rows = list(_of_ids(client, _PARENTS.format(there=where), parameters, sorted(wanted)))
        if len(rows) > room:
            return frozenset(span_id for span_id, _, _ in rows)
        room -= len(rows)
        chosen |= {span_id: (parent, copies) for span_id, parent, copies in rows}
    return frozenset(parent for parent, _ in chosen.values() if parent) - chosen.keys() - asked


def _of_ids(
    client: Client, sql: str, parameters: dict[str, Any], ids: Sequence[str]
) -> Iterator[Sequence[Any]]:
    """Ask about many spans in questions that are short enough for a URL."""
    for at in range(0, len(ids), _IDS_A_QUESTION):
        yield from client.query(sql, parameters | {"ids": ids[at : at + _IDS_A_QUESTION]}).result_rows


def _span(row: Sequence[Any], copies: int) -> Span:
    (id_, parent, service, name, kind, start, duration, failed, message, http, reversed_, type_, told) = row
    return Span(
        id_, parent, service, name, kind, start, duration, bool(failed), message, http, bool(reversed_),
        type_, told, copies,
    )  # fmt: skip
