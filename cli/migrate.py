"""`sillage migrate`: make topics and tables as this version declares them."""

import os

import click

from cli.process import start
from runtime.settings import MigrateSettings, load, with_stack


@click.command()
@click.option(
    "--dry-run", is_flag=True, help="Say what would be done; change no topic and no table of events."
)
def command(dry_run: bool) -> None:
    """Create the missing topics, tables and views; what exists is checked and kept."""
    start("migrate", lambda: _migrate(load(MigrateSettings, with_stack(os.environ)), dry_run))


def _migrate(settings: MigrateSettings, dry_run: bool) -> None:
    from runtime import clickhouse, topics
    from schemas.topics import ALL
    from sql import runner

    runner.create_database(clickhouse.connect(settings, database="default"), settings.clickhouse_database)
    client = clickhouse.connect(settings)
    waiting = runner.pending(client)
    for migration in waiting:
        click.echo(f"{'would apply' if dry_run else 'applying'} {migration.name}")
        if not dry_run:
            runner.apply(client, migration)
    admin = topics.admin(settings.kafka_bootstrap_servers)
    if not dry_run:
        for name in topics.create_missing(admin, ALL, settings.kafka_replication_factor):
            click.echo(f"created topic {name}")
        topics.check(admin, ALL)
    click.echo(
        f"{len(waiting)} of {len(runner.read_migrations())} migrations {'waiting' if dry_run else 'applied'}"
    )
