"""Answers in the form that was asked for: a table for people, JSON or CSV for programs."""

import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.traces.texts import plain

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of the table: its head, what it shows of an object, and whether that is a number."""

    head: str
    show: Callable[[Object], str]
    number: bool = False
    style: str = ""


def answer(form: str, objects: Sequence[Object], columns: Sequence[Column], none: str) -> None:
    """Print them; a table without rows says `none` instead. Programs get whole values, tables cut ones."""
    {"table": _print_table, "json": _print_json, "csv": _print_csv}[form](objects, columns, none)


def _print_json(objects: Sequence[Object], _columns: Sequence[Column], _none: str) -> None:
    click.echo(json.dumps([_told(one) for one in objects], ensure_ascii=False, indent=2))


def _print_csv(objects: Sequence[Object], _columns: Sequence[Column], _none: str) -> None:
    if not objects:
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(objects[0])
    for one in objects:
        writer.writerow(" ".join(v) if isinstance(v, list) else v for v in _told(one).values())


def _print_table(objects: Sequence[Object], columns: Sequence[Column], none: str) -> None:
    if not objects:
        click.echo(none)
        return
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for column in columns:
        table.add_column(
            column.head,
            justify="right" if column.number else "left",
            style=column.style,
            overflow="fold",
            no_wrap=column.number,
        )
    for one in objects:
        table.add_row(*(Text(plain(column.show(one))) for column in columns))
    Console(highlight=False).print(table)


def _told(one: Object) -> dict[str, Any]:
    return {name: _value(value) for name, value in one.items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    return list(value) if isinstance(value, tuple) else value
