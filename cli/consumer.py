"""`sillage consumer`: Kafka in, ClickHouse out."""

import os

import click

from cli.process import start
from runtime.settings import ConsumerSettings, load


@click.command()
def command() -> None:
    """Enrich what Kafka holds and store it in ClickHouse."""
    from consumers.service import run

    start("consumer", lambda: run(load(ConsumerSettings, os.environ)))
