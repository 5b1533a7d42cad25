"""`sillage usage history`: what a user, or a session, did."""

import json
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import click
from clickhouse_connect.driver.client import Client
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cli.answers import Answer
from cli.plain import plain
from cli.usage.asking import refused, respond
from cli.usage.entries import NAMES, told, what
from cli.usage.options import Asked, asking
from cli.usage.readers import of_persons
from queries.usage.history import History, HistoryQuestion, MalformedHistory, Visit, statement
from queries.usage.history import history as read_history

HEADS = (*NAMES, "cursor")


@click.command()
@asking()
@click.option(
    "--user",
    "users",
    multiple=True,
    metavar="PSEUDONYM",
    help="Whose history, by pseudonym; repeated: of those that are one person's. It takes this or --session.",
)
@click.option("--session", default="", help="The session whose history it is.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Events at most.")
@click.option("--cursor", help="The events that are older than a page: its cursor.")
def history(asked: Asked, users: tuple[str, ...], session: str, limit: int, cursor: str | None) -> None:
    """Say what a user, or a session, did, the newest first.

    The ids of traces are those that `sillage traces show` takes.
    """
    if bool(users) == bool(session):
        raise click.UsageError("It takes either --user or --session.")
    with refused({MalformedHistory: "--user" if "" in users else "--cursor"}):
        question = HistoryQuestion(
            asked.of_one, asked.window, users, session, limit, cursor, asked.bots, asked.where
        )

    of_persons(asked, "usage history", *users, *([session] if session else []))

    def ask(client: Client) -> Answer:
        found = read_history(client, question)
        return Answer(
            list(_objects(found, as_text=asked.form != "json")),
            [],
            asked.none,
            asked.title("History"),
            [f"There are older ones: --cursor {found.cursor}"] if found.cursor else [],
            HEADS,
            body=Group(*(_visit(one, asked.window.zone) for one in found.visits)),
        )

    respond(asked, lambda: [statement(question)], ask)


def _objects(found: History, as_text: bool) -> Iterator[dict[str, Any]]:
    """The events; the last one with the cursor of the next page. Properties may be the text of JSON."""
    entries = [one for visit in found.visits for one in visit.entries]
    for number, one in enumerate(entries, 1):
        event = told(one)
        if as_text:
            event["properties"] = json.dumps(event["properties"], ensure_ascii=False)
        yield {**event, "cursor": (found.cursor or "") if number == len(entries) else ""}


def _visit(visit: Visit, zone: ZoneInfo) -> Table:
    """Whose it is, and below it a line an event, with the trace under it."""
    of = f"session {plain(visit.session)}" if visit.session else "no session"
    table = Table(box=None, show_header=False, title_justify="left")
    table.title = Text(f"{plain(visit.user) or '(nobody)'}, {of}", "bold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in visit.entries:
        shown = what(one)
        if one.trace_id:
            shown.append(f"\ntrace {one.trace_id}", "dim")
        table.add_row(f"{one.occurred_at.astimezone(zone):%Y-%m-%d %H:%M:%S}", shown)
    return table
