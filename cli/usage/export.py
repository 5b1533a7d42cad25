"""`sillage usage export`: the events themselves, as a file."""

import sys
from pathlib import Path

import click
from clickhouse_connect.driver.client import Client
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.files import whole_file
from cli.usage.asking import connected, note_file, print_sql
from cli.usage.options import Asked, asking
from cli.usage.readers import of_persons
from cli.usage.streams import SINKS, events
from queries.usage.export import COLUMNS, ExportQuestion, days, statement


@click.command()
@asking(forms=tuple(SINKS))
def export(asked: Asked) -> None:
    """Write the events themselves to a file, ordered by day; times are UTC.

    They pass through in pieces, so that memory stays small. The file is there once it is whole.
    """
    question = ExportQuestion(asked.of_one, asked.window, asked.bots, asked.where)
    if asked.sql:
        print_sql(statement(of_day) for _, of_day in days(question))
        return
    if asked.output is None:
        raise click.UsageError("Name a file with --output.")
    of_persons(asked, "usage export")
    note_file(asked)
    rows = _write(connected(asked), question, asked.form, asked.output)
    click.echo(f"{rows:,} events are in {asked.output}.")


def _write(client: Client, question: ExportQuestion, form: str, path: Path) -> int:
    """Say how many events were written; raises click.ClickException where not all were."""
    asked, written = list(days(question)), 0
    with whole_file(path) as file, SINKS[form](file, COLUMNS) as sink, _progress() as progress:
        task = progress.add_task("", total=len(asked), rows=0)
        for day, of_day in asked:
            progress.update(task, description=str(day))
            for rows in events(client, statement(of_day), sink):
                written += rows
                progress.update(task, rows=written)
            progress.advance(task)
    return written


def _progress() -> Progress:
    """A bar by days on stderr, with the events so far; nothing where that is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days, {task.fields[rows]:,} events"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
