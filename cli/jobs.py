"""`sillage jobs`: periodic work, such as rolling up the days that are past."""

import os

import click

from cli.process import start
from runtime.settings import JobSettings, load, with_stack


@click.command()
@click.option("--once", is_flag=True, help="Do each job once, say what was done, and end.")
def command(once: bool) -> None:
    """Roll up days that are past, so that questions about ninety days are quick."""
    if once:
        start("jobs", lambda: _once(load(JobSettings, with_stack(os.environ))))
        return
    from jobs.service import run

    start("jobs", lambda: run(load(JobSettings, os.environ)))


def _once(settings: JobSettings) -> None:
    from jobs.roll_up import roll_up, sweep
    from runtime import clickhouse

    client = clickhouse.connect(settings)
    for stale in roll_up(client):
        click.echo(f"rolled up {stale.day}: {stale.rows:,} events")
    click.echo(f"deleted {sweep(client):,} rows of earlier rolls")
