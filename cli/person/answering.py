"""`sillage person requests`, `approve`, `extend`, `refuse`: what was asked for, and what is decided."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from cli.desk import Desk, at_desk
from cli.person.options import of_stack
from privacy.rights.requests import Delay, Ground, Request


@click.command()
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for an answer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@of_stack
def requests(only_open: bool, as_json: bool, data_dir: Path) -> None:
    """List the requests, the oldest first, and when each is due."""

    def job(desk: Desk) -> None:
        found = [one for one in desk.ledger.requests().values() if one.is_open or not only_open]
        if as_json:
            click.echo(json.dumps([asdict(one) for one in found], indent=1, default=date.isoformat))
        else:
            _print(found)

    at_desk(data_dir, job)


@click.command()
@click.argument("request", nargs=-1, required=True)
@of_stack
def approve(request: tuple[str, ...], data_dir: Path) -> None:
    """Agree to requests that another operator has entered."""

    def job(desk: Desk) -> None:
        with desk.ledger.alone():
            for one in request:
                desk.ledger.approve(one, desk.operator.name)
                click.echo(f"{one} is approved.")

    at_desk(data_dir, job)


@click.command()
@click.argument("request")
@click.option("--days", type=click.IntRange(1, 60), required=True, help="So many more.")
@click.option(
    "--reason", type=click.Choice([one.name.lower() for one in Delay]), required=True,
    help="Why it takes longer.",
)  # fmt: skip
@of_stack
def extend(request: str, days: int, reason: str, data_dir: Path) -> None:
    """Take more time for a request, 60 days at most; the person must be told why (GDPR, article 12(3))."""

    def job(desk: Desk) -> None:
        with desk.ledger.alone():
            due = desk.ledger.extend(request, desk.operator.name, days, Delay[reason.upper()])
        click.echo(f"{request} is due on {due}.")

    at_desk(data_dir, job)


@click.command()
@click.argument("request")
@click.option(
    "--ground", type=click.Choice([one.name.lower() for one in Ground]), required=True,
    help="Why nothing is done.",
)  # fmt: skip
@of_stack
def refuse(request: str, ground: str, data_dir: Path) -> None:
    """Close a request undone; the person must be told the ground, and that they may complain."""

    def job(desk: Desk) -> None:
        with desk.ledger.alone():
            desk.ledger.refuse(request, desk.operator.name, Ground[ground.upper()])
        click.echo(f"{request} is refused: {Ground[ground.upper()]}.")

    at_desk(data_dir, job)


def _print(found: Iterable[Request]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("request", "right", "tenant", "person", "by", "due", "is"):
        table.add_column(head, overflow="fold")
    today = datetime.now(UTC).date()
    for one in found:
        person = ", ".join(pseudonym[:12] for pseudonym in one.whose.pseudonyms) or "(all)"
        table.add_row(one.id, one.right, one.whose.tenant, person, one.by, str(one.due), _state(one, today))
    Console(highlight=False).print(table)


def _state(one: Request, today: date) -> str:
    if one.refused:
        return f"refused: {one.refused}"
    if one.done_at:
        return f"done {one.done_at[:10]}"
    return "[red]overdue[/]" if one.overdue(today) else "open"
