"""The events themselves, a day after the other, so that any number of them takes little memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from queries.usage.fields import FIELDS
from queries.usage.filters.matching import compile_filter
from queries.usage.filters.tree import Filter
from queries.usage.sources import EVENTS
from queries.usage.statement import Statement
from queries.usage.window import Window

_COLUMNS = {
    "event_id": "toString(event_id)",
    "received_at": "received_at",
    "occurred_at": "occurred_at",
    **{name: field.column for name, field in FIELDS.items()},
    "bot_reasons": "arrayStringConcat(bot_reasons, ' ')",
    "trace_id": "trace_id",
    "properties": "properties_json",
}
COLUMNS = tuple(_COLUMNS)
"""What is told of an event: its fields by their public names, `properties` as the text of a JSON object."""


@dataclass(frozen=True)
class ExportQuestion:
    """Whose events, of which time; people's only unless `bots`."""

    tenant: str
    window: Window
    bots: bool = False
    where: Filter | None = None


def days(question: ExportQuestion) -> Iterator[tuple[date, ExportQuestion]]:
    """The question of each day of the window, in their order."""
    window = question.window
    for bucket in window.buckets("day"):
        if bucket.end > window.floor and bucket.start <= window.now:
            since, until = max(bucket.start, window.since), min(bucket.end, window.until)
            yield bucket.start.date(), replace(question, window=replace(window, since=since, until=until))


def statement(question: ExportQuestion) -> Statement:
    """A row an event, in no order, with COLUMNS."""
    columns = ", ".join(f"{expression} AS {name}" for name, expression in _COLUMNS.items())
    matching = compile_filter(question.where) if question.where else None
    clauses = ["tenant = {tenant:String}", EVENTS.arrived, "true" if question.bots else "NOT is_bot"]
    if matching:
        clauses.append(matching.sql)
    return Statement(
        f"SELECT {columns}\nFROM usage\nWHERE {' AND '.join(clauses)}",
        {
            "tenant": question.tenant,
            **question.window.parameters,
            **(matching.parameters if matching else {}),
        },
    )
