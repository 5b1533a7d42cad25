"""`sillage collector`: HTTP in, Kafka out."""

import os

import click

from cli.process import start
from runtime.settings import CollectorSettings, load


@click.command()
def command() -> None:
    """Take events from browsers and back ends, and answer when Kafka has them."""
    from ingest.collector import run

    start("collector", lambda: run(load(CollectorSettings, os.environ)))
