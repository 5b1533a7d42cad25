"""`sillage restore`: days come back from their archives, but for those that have passed."""

import os
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import click

from cli.backup import directory_of
from cli.options import data_dir
from cli.process import start
from privacy.backups import archives, restore
from privacy.retention.reading import Reach
from privacy.rights.again import erase_again, hide_first
from privacy.rights.ledger import Ledger
from runtime.settings import RetentionSettings, load, with_stack

_SPOKEN = {
    "restored": "{rows:,} rows are back",
    "expired": "its retention has passed: the archive was deleted",
}


@click.command()
@data_dir("Where `sillage up` keeps the stack to restore.")
@click.option("--from-database", help="Under which name the database was backed up; by default its own.")
@click.option(
    "--replace",
    multiple=True,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="Also this day, whose rows are dropped first; may be repeated.",
)
def command(data_dir: Path, from_database: str | None, replace: tuple[datetime, ...]) -> None:
    """Bring back each day that the tables lack. What has passed its retention does not come back."""
    settings = load(RetentionSettings, with_stack(os.environ, data_dir))
    days = frozenset(day.date() for day in replace)
    start("restore", lambda: _restore(settings, from_database, days), "critical")


def _restore(settings: RetentionSettings, from_database: str | None, replace: frozenset[date]) -> None:
    directory, database = directory_of(settings), from_database or settings.clickhouse_database
    if not any(one.database == database for one in archives(directory)):
        raise click.ClickException(f"There is no archive of a database {database} in {directory}.")
    client, done = Reach.of(settings).clickhouse(), Counter[str]()
    ledger = Ledger(settings.state_dir)
    hide_first(client, ledger)
    for step in restore(client, directory, database, datetime.now(UTC), replace):
        done[step.done] += 1
        if step.done in _SPOKEN:
            click.echo(f"{step.table} {step.partition}: {_SPOKEN[step.done].format(rows=step.rows)}")
    click.echo(f"{done['restored']} archives were restored.")
    if again := erase_again(client, ledger):
        click.echo(f"{again:,} rows of erased persons came back with them, and are erased again.")
    if done["occupied"]:
        click.echo(f"{done['occupied']} were not: their days have rows. --replace DAY drops these first.")
