"""`sillage migrate`: make topics and tables as this version declares them."""

import os
from typing import TYPE_CHECKING

import click

from cli.process import start
from runtime.settings import MigrateSettings, load, with_stack

if TYPE_CHECKING:
    from runtime.schema_registry import SchemaRegistry


@click.command()
@click.option(
    "--dry-run", is_flag=True, help="Say what would be done; change no topic and no table of events."
)
def command(dry_run: bool) -> None:
    """Create the missing topics, tables and views; what exists is checked and kept.

    Where a schema registry is set, it is given the schema of usage records.
    """
    start("migrate", lambda: _migrate(load(MigrateSettings, with_stack(os.environ)), dry_run))


def _migrate(settings: MigrateSettings, dry_run: bool) -> None:
    from runtime import clickhouse, kafka, topics
    from runtime.schema_registry import schema_registry
    from schemas.topics import ALL
    from sql import runner

    # First: what the registry refuses, as old readers could not read it, must not get into the tables either.
    if registry := schema_registry(settings):
        _register(registry, dry_run)
    runner.create_database(clickhouse.connect(settings, database="default"), settings.clickhouse_database)
    client = clickhouse.connect(settings)
    waiting = runner.pending(client)
    for migration in waiting:
        click.echo(f"{'would apply' if dry_run else 'applying'} {migration.name}")
        if not dry_run:
            runner.apply(client, migration)
    admin = kafka.Admin(settings)
    if not dry_run:
        for name in topics.create_missing(admin, ALL, settings.kafka_replication_factor):
            click.echo(f"created topic {name}")
        topics.check(admin, ALL)
    click.echo(
        f"{len(waiting)} of {len(runner.read_migrations())} migrations {'waiting' if dry_run else 'applied'}"
    )


def _register(registry: "SchemaRegistry", dry_run: bool) -> None:
    from runtime.schema_registry import SUBJECT
    from schemas.usage import BATCH

    known = registry.id_of(BATCH)
    if known is None and dry_run:
        click.echo(f"would register a schema of {SUBJECT}")
    elif known is None:
        click.echo(f"registered schema {registry.register(BATCH)} of {SUBJECT}")
