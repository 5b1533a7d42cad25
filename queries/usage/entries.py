"""One event as a history or the live tail shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

COLUMNS = (
    "occurred_at, received_at, event_id, kind, name, page, user_id, session_id, lower(trace_id), is_bot,"
    " properties_json"
)
"""What `entry` reads."""


@dataclass(frozen=True)
class Entry:
    """When it occurred and arrived (UTC), what it was, whose; the trace that it names, or an empty text."""

    occurred_at: datetime
    received_at: datetime
    event_id: UUID
    kind: str
    action: str
    page: str
    user: str
    session: str
    trace_id: str
    is_bot: bool
    properties: Mapping[str, Any]


_NAMES = tuple(field.name for field in fields(Entry))


def entry(row: Sequence[Any]) -> Entry:
    """Read a row of COLUMNS."""
    values = dict(zip(_NAMES, row, strict=True))
    values["properties"] = msgspec.json.decode(values["properties"] or "{}")
    return Entry(**values | {name: _in_utc(values[name]) for name in _NAMES[:2]})


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
