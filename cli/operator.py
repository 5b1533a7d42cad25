"""`sillage operator`: who may read and change what is known of persons."""

import os
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from cli.options import data_dir
from cli.process import start
from runtime.operators import Operators, Right, Role, operator
from runtime.settings import QuerySettings, load, with_stack


@click.group()
def command() -> None:
    """Add, list and revoke operators: who may read and change what is known of persons."""


_of_stack = data_dir("Where `sillage up` keeps the stack whose operators are meant.")


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help="What they may.")
@_of_stack
def add(name: str, role: str, data_dir: Path) -> None:
    """Add an operator, and show the token once. The first of all must be an admin, and needs no token."""

    def run(settings: QuerySettings) -> None:
        operators = Operators(settings.state_dir)
        if operators.all():
            operator(settings).check(Right.OPERATORS)
        elif role != Role.ADMIN:
            raise click.UsageError("There are no operators yet: the first must be --role admin.")
        click.echo(operators.add(name, Role(role)))
        click.echo(f"It is shown this once. {name} sets it as SILLAGE_OPERATOR_TOKEN.", err=True)

    _start(data_dir, run)


@command.command("list")
@_of_stack
def list_(data_dir: Path) -> None:
    """List everybody who is, or was, an operator."""

    def run(settings: QuerySettings) -> None:
        operator(settings)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for head in ("name", "role", "since", "revoked"):
            table.add_column(head)
        for one in Operators(settings.state_dir).all():
            table.add_row(one.name, one.role, one.since, one.revoked or "")
        Console(highlight=False).print(table)

    _start(data_dir, run)


@command.command()
@click.argument("name")
@_of_stack
def revoke(name: str, data_dir: Path) -> None:
    """Take an operator's token from them, at once."""

    def run(settings: QuerySettings) -> None:
        operator(settings).check(Right.OPERATORS)
        Operators(settings.state_dir).revoke(name)
        click.echo(f"{name} is no operator any more.")

    _start(data_dir, run)


def _start(data_dir: Path, run: Callable[[QuerySettings], None]) -> None:
    start("operator", lambda: run(load(QuerySettings, with_stack(os.environ, data_dir))), log_level="error")
