"""`sillage jobs`: periodic work, such as rolling up the days that are past."""

import os
from datetime import UTC, datetime, timedelta

import click

from cli.process import start
from runtime.settings import JobSettings, load, with_stack


@click.command()
@click.option("--once", is_flag=True, help="Do each job once, say what was done, and end.")
def command(once: bool) -> None:
    """Drop what has passed its retention, check every store, and roll up days that are past."""
    if once:
        start("jobs", lambda: _once(load(JobSettings, with_stack(os.environ))))
        return
    from jobs.service import run

    start("jobs", lambda: run(load(JobSettings, os.environ)))


def _once(settings: JobSettings) -> None:
    from jobs.checks import check
    from jobs.roll_up import roll_up, sweep
    from jobs.service import drop_expired
    from privacy.retention.reading import Reach
    from runtime import clickhouse

    client, now = clickhouse.connect(settings), datetime.now(UTC)
    for dropped in drop_expired(client, settings, now):
        click.echo(f"dropped {dropped.store} {dropped.piece}: {dropped.records:,} records")
    found = check(client, Reach.of(settings), now, timedelta(seconds=settings.retention_check_seconds))
    click.echo("retention: every store is within its limit" if found.ok else "\n".join(found.faults))
    for stale in roll_up(client):
        click.echo(f"rolled up {stale.day}: {stale.rows:,} events")
    click.echo(f"deleted {sweep(client):,} rows of earlier rolls")
