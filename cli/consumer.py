"""`sillage consumer`: Kafka in, ClickHouse out."""

import os

import click

from cli.process import start
from runtime.settings import ConsumerSettings, load
from schemas.topics import CONSUMED, USAGE

_TOPICS = {topic.what: topic for topic in CONSUMED}


@click.command()
@click.option(
    "--topic",
    type=click.Choice(list(_TOPICS)),
    default=USAGE.what,
    show_default=True,
    help="What to move: start one consumer, or several, for each.",
)
def command(topic: str) -> None:
    """Enrich what Kafka holds and store it in ClickHouse."""
    from consumers.service import run

    start("consumer", lambda: run(load(ConsumerSettings, os.environ), _TOPICS[topic]))
