"""`sillage usage volume`: events, users and sessions, by any field and over time."""

from collections.abc import Iterator, Sequence
from typing import Any

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer, Column, Object
from cli.usage.asking import respond
from cli.usage.bars import bars
from cli.usage.marks import footnotes, label
from cli.usage.options import Asked, asking
from queries.usage.volume import DIMENSIONS, UnknownDimension, UsageQuestion, UsageRow, statement, usage
from queries.usage.window import INTERVALS, Bucket, Interval

_FIGURES = ("events", "users", "sessions")


def _dimensions(_ctx: click.Context, _param: click.Parameter, text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@click.command()
@asking(all_tenants=True)
@click.option(
    "--by",
    callback=_dimensions,
    default="",
    help=f"What to count by, separated by commas: {', '.join(DIMENSIONS)}.",
)
@click.option("--interval", type=click.Choice(INTERVALS), help="Cut time into these, of the time zone.")
@click.option("--limit", type=click.IntRange(1), default=1_000, show_default=True, help="Rows at most.")
def volume(asked: Asked, by: tuple[str, ...], interval: Interval | None, limit: int) -> None:
    """Say how much the product is used: events, users and sessions.

    Without --by and --interval the answer is by action.
    """
    by = by or (() if interval else ("action",))
    # Buckets without events are rows too, which the engine does not count.
    asked_rows = limit if by or not interval else max(limit, len(asked.window.buckets(interval)))
    question = UsageQuestion(asked.tenant, asked.window, by, interval, asked.bots, asked.where, asked_rows)

    def ask(client: Client) -> Answer:
        rows = usage(client, question)
        is_empty, is_cut = not rows, len(rows) == limit
        if interval and not by:
            rows = list(_with_empty(rows, question.window.buckets(interval)))
            is_cut = len(rows) > limit
        objects = [_object(row, by) for row in rows[:limit]]
        notes = footnotes(one.get("partial", "") for one in objects)
        return Answer(
            objects,
            list(_columns(question, objects)),
            asked.none,
            asked.title(),
            [*notes, *_notes(question, rows, limit if is_cut else 0)],
            [*(("start", "end", "partial") if interval else ()), *by, *_FIGURES],
            is_empty,
        )

    respond(asked, lambda: [statement(question)], ask, {UnknownDimension: "--by"})


def _with_empty(rows: Sequence[UsageRow], buckets: Sequence[Bucket]) -> Iterator[UsageRow]:
    found = {row.bucket: row for row in rows}
    return (found.get(bucket, UsageRow(bucket, (), 0, 0, 0)) for bucket in buckets)


def _object(row: UsageRow, by: Sequence[str]) -> dict[str, Any]:
    bucket = row.bucket
    when = {"start": bucket.start, "end": bucket.end, "partial": bucket.partial} if bucket else {}
    return {
        **when, **dict(zip(by, row.values, strict=True)),
        "events": row.events, "users": row.users, "sessions": row.sessions,
    }  # fmt: skip


def _columns(question: UsageQuestion, objects: Sequence[Object]) -> Iterator[Column]:
    if interval := question.interval:
        yield Column(interval, lambda one: label(one["start"], interval, one["partial"]))
    for name in question.by:
        yield Column(name, _value(name))
    for name in _FIGURES:
        yield Column(name, _figure(name), number=True)
    yield bars(lambda one: int(one["events"]), objects)


def _value(name: str) -> Any:
    return lambda one: one[name] or "(unknown)"


def _figure(name: str) -> Any:
    return lambda one: f"{one[name]:,}"


def _notes(question: UsageQuestion, rows: Sequence[UsageRow], cut_to: int) -> Iterator[str]:
    if not question.source.is_exact:
        yield "Users and sessions within 1.6 %."
    elif not all(question.source.counts_exactly(row.sessions) for row in rows):
        yield f"Sessions above {question.source.exact_sessions:,} within 0.4 %."
    if cut_to:
        yield f"Only the first {cut_to:,} rows are shown; --limit shows more."
