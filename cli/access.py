"""`sillage access`: who may do what in ClickHouse itself."""

import os

import click

from cli.process import start
from runtime.settings import QuerySettings, load, with_stack


@click.group()
def command() -> None:
    """Say how people and processes get their rights in ClickHouse."""


@command.command("sql")
@click.option("--tenant", help="A role that sees the rows of this tenant alone, instead of the common roles.")
def sql_(tenant: str | None) -> None:
    """Print the statements that make the roles: an administrator of ClickHouse runs them."""
    start("access", lambda: _print(load(QuerySettings, with_stack(os.environ)), tenant))


def _print(settings: QuerySettings, tenant: str | None) -> None:
    from runtime.clickhouse import layout_of
    from sql import rights

    layout = layout_of(settings)
    for statement in rights.of_tenant(tenant, layout) if tenant else rights.roles(layout):
        click.echo(f"{statement};")
