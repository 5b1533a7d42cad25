"""`sillage backup`: an archive for each day, by ClickHouse's own BACKUP."""

import os
from collections import Counter
from pathlib import Path

import click

from cli.options import data_dir
from cli.process import start
from privacy.backups import back_up
from privacy.retention.reading import Reach
from runtime.settings import RetentionSettings, SettingError, load, with_stack


@click.command()
@data_dir("Where `sillage up` keeps the stack to back up.")
def command(data_dir: Path) -> None:
    """Back up every day that has changed since its last backup.

    An archive is of one day and one retention, so that it goes when the day goes. docs/how-to/back-up.md
    says how ClickHouse is given the disk.
    """
    start("backup", lambda: _back_up(load(RetentionSettings, with_stack(os.environ, data_dir))), "critical")


def _back_up(settings: RetentionSettings) -> None:
    directory, done = directory_of(settings), Counter[str]()
    for step in back_up(Reach.of(settings).clickhouse(), directory):
        done[step.done] += 1
        if step.done == "made":
            click.echo(f"{step.table} {step.partition}: {step.rows:,} rows")
    click.echo(f"{done['made']} archives were made in {directory}, {done['unchanged']} days had not changed.")


def directory_of(settings: RetentionSettings) -> Path:
    """Where backups are; raises SettingError where that is not said."""
    if settings.backup_dir is None:
        raise SettingError(
            "SILLAGE_BACKUP_DIR is not set: name the directory of ClickHouse's disk `backups`."
        )
    return settings.backup_dir
