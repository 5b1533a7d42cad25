"""`sillage usage compare`: the time asked for beside the time before it, piece by piece."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Literal

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer, Column, Object
from cli.usage import spans
from cli.usage.asking import respond
from cli.usage.marks import footnotes, label, marked
from cli.usage.options import Asked, asking
from queries.usage.compare import CompareQuestion, Pair, statements
from queries.usage.compare import compare as compare_with_before

_FIGURES = ("events", "users", "sessions")
Piece = Literal["hour", "day", "week"]


@click.command()
@asking()
@click.option(
    "--interval", type=click.Choice(["hour", "day", "week"]), default="day", show_default=True,
    help="What time is cut into, in the time zone.",
)  # fmt: skip
def compare(asked: Asked, interval: Piece) -> None:
    """Say how usage differs from the time as long before; the days of the week stand side by side."""
    question = CompareQuestion(asked.of_one, asked.window, interval, asked.bots, asked.where)

    def ask(client: Client) -> Answer:
        found = compare_with_before(client, question)
        notes = [] if found.is_exact else ["Users and sessions within 1.6 %."]
        if found.total.before is None:
            notes.append("What it would be compared with is no longer kept.")
        pairs = [*found.pairs, found.total]
        return Answer(
            [*(_told(interval, one) for one in found.pairs), _told("whole", found.total)],
            [_piece(), *(column for name in _FIGURES for column in _columns(name))],
            asked.none,
            asked.title("Change of usage"),
            [*footnotes(_partial(one) for one in pairs), *notes],
            is_empty=not any(
                count.events for one in pairs for count in (one.counts, one.counts_before) if count
            ),
        )

    respond(asked, lambda: statements(question), ask)


def _told(piece: str, one: Pair) -> dict[str, object]:
    """What programs get; all is none of what it is not compared with."""
    before, was = one.before, asdict(one.counts_before) if one.counts_before else {}
    change = asdict(one.change) if one.change else {}
    return {
        "piece": piece,
        "start": one.bucket.start, "end": one.bucket.end, "partial": one.bucket.partial,
        "before_start": before and before.start, "before_end": before and before.end,
        "before_partial": before and before.partial,
        **asdict(one.counts),
        **{f"{name}_before": was.get(name) for name in _FIGURES},
        **{f"{name}_change": change.get(name) for name in _FIGURES},
        "is_compared": one.is_compared,
    }  # fmt: skip


def _piece() -> Column:
    def shown(one: Object) -> str:
        partial = one["partial"] or one["before_partial"] or ""
        is_whole = one["piece"] == "whole"
        return marked("whole", partial) if is_whole else label(one["start"], one["piece"], partial)

    return Column("from", shown)


def _partial(one: Pair) -> str:
    return one.bucket.partial or (one.before.partial if one.before else "")


def _columns(name: str) -> Iterator[Column]:
    def change(one: Object) -> str:
        return "-" if one[f"{name}_change"] is None else f"{one[f'{name}_change'] * 100:+.0f} %"

    yield spans.count(name)
    yield Column("change", change, number=True)
