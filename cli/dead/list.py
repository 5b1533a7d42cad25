"""`sillage dead list`: which records could not be stored."""

import json
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cli.dead.graveyard import Graveyard, of_reason, of_stack, summary, visit

_COLUMNS = ("coordinates", "reason", "tenant", "received_at", "died_at", "bytes", "replayed_to")
_TO_THE_MINUTE = len("2026-03-01T12:00")


@click.command("list")
@of_reason
@click.option("--tenant", help="Only this tenant's.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="The newest so many.")
@of_stack
@click.option("--json", "as_json", is_flag=True, help="Print an array with one object a letter.")
def list_(reason: str | None, tenant: str | None, limit: int, data_dir: Path, as_json: bool) -> None:
    """Show the dead letters that Kafka keeps, newest first."""

    def job(graveyard: Graveyard) -> None:
        notes = graveyard.replays()
        found = deque((summary(letter, notes) for letter in graveyard.chosen(reason, tenant)), limit)
        found.reverse()
        if as_json:
            click.echo(json.dumps(list(found), ensure_ascii=False, indent=2))
        elif found:
            Console(highlight=False).print(_table(found))
        else:
            click.echo("No dead letters.")

    visit(data_dir, job)


def _table(found: Iterable[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for name in _COLUMNS:
        right = name == "bytes"
        table.add_column(name.replace("_", " "), overflow="fold", justify="right" if right else "left")
    for one in found:
        table.add_row(*(_cell(name, one[name]) for name in _COLUMNS))
    return table


def _cell(name: str, value: Any) -> str:
    text = "" if value is None else str(value)
    return text[:_TO_THE_MINUTE] if name.endswith("_at") else text
