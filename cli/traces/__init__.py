"""`sillage traces`: find traces and look at them, how services do, what fails, who calls whom."""

import click

from cli.traces.errors import errors
from cli.traces.find import find
from cli.traces.map import map_
from cli.traces.red import red
from cli.traces.show import show


@click.group()
def command() -> None:
    """Find traces, look at one, and ask how services do."""


for each in (find, show, red, errors, map_):
    command.add_command(each)
