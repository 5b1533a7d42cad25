"""Answers in the form that was asked for: a table for people; JSON, CSV or Parquet for programs."""

import csv
import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from cli.files import whole_file
from cli.parquet import parquet
from cli.plain import plain

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of the table: its head, what it shows of an object, and whether that is a number.

    One with a `width` is so wide, whatever the terminal.
    """

    head: str
    show: Callable[[Object], str]
    number: bool = False
    style: str = ""
    width: int | None = None


@dataclass(frozen=True)
class Answer:
    """What programs get whole, and the table's columns, title and notes; `none` is said where it is empty.

    `heads` are the names of an empty CSV or Parquet file. With `is_empty` the objects are all of nothing.
    `more` are further tables, for people alone: programs find what they say within the objects.
    A `body` stands in place of the table where that is no table.
    """

    objects: Sequence[Object]
    columns: Sequence[Column]
    none: str
    title: str = ""
    notes: Sequence[str] = ()
    heads: Sequence[str] = ()
    is_empty: bool = False
    more: Sequence["Answer"] = ()
    body: RenderableType | None = None


def answer(form: str, objects: Sequence[Object], columns: Sequence[Column], none: str) -> None:
    """Print them; a table without rows says `none` instead. Programs get whole values, tables cut ones."""
    write(form, Answer(objects, columns, none))


def write(form: str, answer: Answer, output: Path | None = None) -> None:
    """Print the answer, or make it a file, which is there when it is whole; raises click.ClickException."""
    if form == "table" and not output:
        _print_table(answer, Console(highlight=False))
        return
    content = _CONTENTS[form](answer)
    if output:
        with whole_file(output) as file:
            file.write(content)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def _json(answer: Answer) -> bytes:
    return json.dumps([_told(one) for one in answer.objects], ensure_ascii=False, indent=2).encode() + b"\n"


def _csv(answer: Answer) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if heads := list(answer.objects[0]) if answer.objects else answer.heads:
        writer.writerow(heads)
    for one in answer.objects:
        writer.writerow(map(_cell, _told(one).values()))
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """Plain values with spaces between; what has parts of its own as JSON."""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value)):
        return json.dumps(value, ensure_ascii=False)
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _parquet(answer: Answer) -> bytes:
    return parquet(
        [{name: _aware(value) for name, value in one.items()} for one in answer.objects], answer.heads
    )


def _table(answer: Answer) -> bytes:
    text = io.StringIO()
    _print_table(answer, Console(file=text, highlight=False))
    return text.getvalue().encode()


_CONTENTS: Mapping[str, Callable[[Answer], bytes]] = {
    "table": _table, "json": _json, "csv": _csv, "parquet": _parquet,
}  # fmt: skip


def _print_table(answer: Answer, console: Console) -> None:
    if answer.is_empty or not answer.objects:
        console.print(answer.none, markup=False, soft_wrap=True)
        return
    if answer.body is None:
        console.print(_table_of(answer))
    else:
        console.print(Text(answer.title, style="italic"), answer.body, sep="\n")
    for note in answer.notes:
        console.print(note, markup=False, soft_wrap=True)
    for further in answer.more:
        _print_table(further, console)


def _table_of(answer: Answer) -> Table:
    if answer.title:
        table = Table(title=answer.title, title_justify="left")
    else:
        table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for column in answer.columns:
        table.add_column(
            column.head,
            justify="right" if column.number else "left",
            style=column.style,
            overflow="fold",
            no_wrap=column.number or column.width is not None,
            width=column.width,
        )
    for one in answer.objects:
        table.add_row(*(Text(plain(column.show(one))) for column in answer.columns))
    return table


def _told(one: Object) -> dict[str, Any]:
    return {name: _value(value) for name, value in one.items()}


def _value(value: Any) -> Any:
    if isinstance(value, date):
        return _aware(value).isoformat()
    if isinstance(value, Mapping):
        return _told(value)
    return [_value(one) for one in value] if isinstance(value, tuple | list) else value


def _aware(value: Any) -> Any:
    """A time with an offset: UTC where it has none; anything else as it is."""
    if isinstance(value, datetime) and not value.tzinfo:
        return value.replace(tzinfo=UTC)
    return value
