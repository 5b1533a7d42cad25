"""`sillage usage tail`: events as they come."""

import contextlib
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.text import Text

from cli.plain import plain
from cli.traces.options import Moment
from cli.usage.asking import connected, print_sql
from cli.usage.entries import told, what
from cli.usage.options import Asked, asking
from cli.usage.readers import of_persons
from queries.usage.entries import Entry
from queries.usage.tail import TailQuestion, statement
from queries.usage.tail import tail as follow


@click.command()
@asking(forms=("table", "json"), live=True)
@click.option(
    "--since", type=Moment(), help="From when on, such as 15m, or a time in ISO 8601; else from now."
)
def tail(asked: Asked, since: datetime | None) -> None:
    """Print events as they come, by arrival, until Ctrl-C; as JSON an object a line."""
    question = TailQuestion(asked.of_one, since or datetime.now(UTC), bots=asked.bots, where=asked.where)
    if asked.sql:
        print_sql([statement(question, question.since)])
        return
    of_persons(asked, "usage tail")
    console = Console(highlight=False)
    with contextlib.suppress(KeyboardInterrupt):
        for one in follow(connected(asked), question):
            if asked.form == "json":
                click.echo(_json(one))
            else:
                console.print(_line(one, asked.window.zone), soft_wrap=True)


def _json(one: Entry) -> str:
    times = {"occurred_at": one.occurred_at.isoformat(), "received_at": one.received_at.isoformat()}
    return json.dumps(told(one) | times, ensure_ascii=False)


def _line(one: Entry, zone: ZoneInfo) -> Text:
    """When it arrived, whose it was, and what it was."""
    shown = Text(f"{one.received_at.astimezone(zone):%H:%M:%S}  ")
    shown.append(f"{plain(one.user, 12) or '-'}  ", "bold")
    return shown.append_text(what(one))
