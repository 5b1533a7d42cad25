"""`sillage dead`: look at the records that could not be stored, and send them again."""

import click

from cli.dead.list import list_
from cli.dead.replay import replay
from cli.dead.show import show


@click.group()
def command() -> None:
    """Look at the records that could not be stored, and send them again."""


for each in (list_, show, replay):
    command.add_command(each)
