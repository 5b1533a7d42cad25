"""`sillage retention`: how old the oldest of everything is, in every store, and whether that may be."""

import click

from cli.retention.history import history
from cli.retention.report import report
from cli.retention.verify import verify


@click.group()
def command() -> None:
    """Show, and prove, that nothing is kept longer than it may be."""


for each in (report, verify, history):
    command.add_command(each)
