"""`sillage collector`: HTTP in, Kafka out."""

import os

import click

from cli.process import start
from runtime.settings import CollectorSettings, load


@click.command()
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes that share the port; about one a core.",
)
def command(workers: int) -> None:
    """Take events from browsers and back ends, and answer when Kafka has them."""
    from ingest.collector import run

    start("collector", lambda: run(load(CollectorSettings, os.environ), workers))
