"""`sillage usage`: how much the product is used, by whom and from where."""

import csv
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.options import data_dir
from cli.process import start
from queries.usage.volume import DIMENSIONS, INTERVALS, UnknownDimension, UsageQuestion, UsageRow, usage
from runtime.settings import QuerySettings, load, with_stack

_BAR_WIDTH = 16


def _dimensions(_ctx: click.Context, _param: click.Parameter, text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@click.command()
@click.option("--tenant", required=True, help="The customer whose usage is asked for.")
@click.option("--by", callback=_dimensions, default="", help=f"Any of {', '.join(DIMENSIONS)}; with commas.")
@click.option(
    "--days", type=click.IntRange(1, 90), default=7, show_default=True, help="How far back, today included."
)
@click.option("--interval", type=click.Choice(list(INTERVALS)), help="Cut time into buckets (UTC).")
@data_dir("Where `sillage up` keeps the stack to ask.")
@click.option("--bots", is_flag=True, help="Count bots as well as people.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True
)
@click.option("--limit", type=click.IntRange(1), default=1_000, show_default=True, help="Rows at most.")
def command(
    tenant: str,
    by: tuple[str, ...],
    days: int,
    interval: str | None,
    data_dir: Path,
    bots: bool,
    form: str,
    limit: int,
) -> None:
    """Say how much the product is used: events, users and sessions.

    Without --by and --interval the answer is by action.
    """
    by = by or (() if interval else ("action",))
    question = UsageQuestion(tenant, days, by, interval, bots, limit)
    environ = with_stack(os.environ, data_dir)
    start("usage", lambda: _answer(question, form, environ), log_level="error")


def _answer(question: UsageQuestion, form: str, environ: Mapping[str, str]) -> None:
    from runtime import clickhouse

    client = clickhouse.connect(load(QuerySettings, environ))
    try:
        rows = usage(client, question)
    except UnknownDimension as error:
        raise click.BadParameter(str(error), param_hint="--by") from error
    {"table": _print_table, "json": _print_json, "csv": _print_csv}[form](question, rows)


def _names(question: UsageQuestion) -> list[str]:
    return [*([question.interval] if question.interval else []), *question.by]


def _cells(row: UsageRow) -> list[str]:
    return [*([row.bucket] if row.bucket else []), *row.values]


def _print_json(question: UsageQuestion, rows: list[UsageRow]) -> None:
    names = _names(question)
    objects = [
        dict(zip(names, _cells(row), strict=True))
        | {"events": row.events, "users": row.users, "sessions": row.sessions}
        for row in rows
    ]
    click.echo(json.dumps(objects, ensure_ascii=False, indent=2))


def _print_csv(question: UsageQuestion, rows: list[UsageRow]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow([*_names(question), "events", "users", "sessions"])
    writer.writerows([*_cells(row), row.events, row.users, row.sessions] for row in rows)


def _print_table(question: UsageQuestion, rows: list[UsageRow]) -> None:
    who = "people and bots" if question.bots else "people"
    table = Table(title=f"Usage of {question.tenant}, last {question.days} days, {who}", title_justify="left")
    for name in _names(question):
        table.add_column(name, overflow="fold")
    for name in ("events", "users", "sessions"):
        table.add_column(name, justify="right")
    table.add_column("", width=_BAR_WIDTH, no_wrap=True)
    most = max((row.events for row in rows), default=0)
    for row in rows:
        shown = [Text(cell or "(unknown)") for cell in _cells(row)]
        counts = [f"{number:,}" for number in (row.events, row.users, row.sessions)]
        table.add_row(*shown, *counts, Text(_bar(row.events, most), style="cyan"))
    console = Console()
    console.print(table)
    if not rows:
        console.print(
            f"No events of tenant {question.tenant!r} in this time. Bots are left out without --bots."
        )
    elif len(rows) == question.limit:
        console.print(f"Only the first {question.limit:,} rows are shown; --limit shows more.")


def _bar(events: int, most: int) -> str:
    """A bar in eighths of a character."""
    eighths = round(events / most * _BAR_WIDTH * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
