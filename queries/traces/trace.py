"""One trace as a person looks at it: all its spans, or of a very long one those that matter most."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces.floor import ask
from queries.traces.long_trace import OF_IDS, of_ids, totals, weightiest
from queries.traces.places import READ_THERE, Place, there

SHOWN = 2_000
_CUT = 300
_SESSIONS = 10
_STRING_TAG, _HEAD_BYTES = b"\x0a", 6

_TOLD = f"hex(substring({{value}}, 1, {_HEAD_BYTES + _CUT}))"
"""The beginning of an attribute of an event, of which the table keeps the AnyValue's bytes: `_text` reads it.
To read it here is a sixth of the statement, most of it plan."""
_COLUMNS = f"""
    WITH `events.attributes`[indexOf(`events.name`, 'exception')] AS exception
    SELECT
        lower(hex(span_id)) AS id, lower(hex(parent_span_id)), service, name, kind,
        toUnixTimestamp64Nano(started_at), duration_ns,
        status = 'error', substring(status_message, 1, {_CUT}), http_status, end_minus_start_ns < 0,
        {_TOLD.format(value="exception['exception.type']")},
        {_TOLD.format(value="exception['exception.message']")},
        session_id
"""
_EACH = f"{_COLUMNS} FROM span_rows WHERE {{there}} LIMIT {{{{most:UInt32}}}}"
_SOME = f"{_COLUMNS} {OF_IDS} ORDER BY started_at, id LIMIT 1 BY id"


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
    hidden: frozenset[str] = frozenset()


def read_trace(client: Client, place: Place, shown: int = SHOWN) -> Trace:
    """Read a trace, of a longer one than `shown` roots, errors and the earliest, with their parents.

    What it holds in memory does not grow with the trace: at most twice `shown` spans, without attributes.
    """
    where, parameters = there([place])
    if place.rows <= shown:
        sql, limited = _EACH.format(there=where), parameters | {"most": shown + 1}
        rows = ask(client, sql, limited, READ_THERE)
        if len(rows) <= shown:  # else it has grown meanwhile
            return _whole(place, rows)
    return _part(client, place, where, parameters, shown)


def _whole(place: Place, rows: Sequence[Sequence[Any]]) -> Trace:
    """All of a trace from its rows, of which there may be several of a span."""
    each = sorted(_spans(rows, Counter(row[0] for row in rows)), key=_in_time)
    firsts: dict[str, Span] = {}
    for one in each:
        firsts.setdefault(one.id, one)
    return Trace(
        place,
        tuple(firsts.values()),
        total=len(firsts),
        errors=len({one.id for one in each if one.failed}),
        services=len({one.service for one in each}),
        duration_ns=max((one.end_ns for one in each), default=place.first_ns) - place.first_ns,
        sessions=tuple(sorted({row[-1] for row in rows} - {""})[:_SESSIONS]),
    )


def _part(client: Client, place: Place, where: str, parameters: dict[str, Any], shown: int) -> Trace:
    """The weightiest spans of a trace."""
    every = totals(client, where, parameters)
    chosen = weightiest(client, where, parameters, shown)
    rows = of_ids(client, _SOME.format(there=where), parameters, list(chosen.copies))
    spans = sorted(_spans(list(rows), chosen.copies), key=_in_time)
    return Trace(
        place, tuple(spans), every.spans, every.errors, every.services, every.end_ns - place.first_ns,
        tuple(sorted(every.sessions)), chosen.hidden,
    )  # fmt: skip


def _in_time(one: Span) -> tuple[int, str]:
    return one.start_ns, one.id


def _spans(rows: Sequence[Sequence[Any]], copies: Mapping[str, int]) -> list[Span]:
    return [_span(row, copies[row[0]]) for row in rows]


def _span(row: Sequence[Any], copies: int) -> Span:
    id_, parent, service, name, kind, start, duration, failed, message, http, reversed_, type_, told, _ = row
    return Span(
        id_, parent, service, name, kind, start, duration, bool(failed), message, http, bool(reversed_),
        _text(type_), _text(told), copies,
    )  # fmt: skip


def _text(any_value: str) -> str:
    """The beginning of a text, from the hexadecimal beginning of its AnyValue; of another kind nothing."""
    value = bytes.fromhex(any_value)
    length = shift = 0
    for start, byte in enumerate(value[1:_HEAD_BYTES], 2):
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            told = value[start : start + min(length, _CUT)] if value[:1] == _STRING_TAG else b""
            return told.decode(errors="ignore")
    return ""
