"""The options that the commands about persons share."""

from collections.abc import Callable
from typing import Any

import click

from cli.options import data_dir

of_stack = data_dir("Where `sillage up` keeps the stack that holds the data.")
tenant = click.option("--tenant", required=True, help="The customer whose user it is.")
user = click.option("--user", required=True, help="The person, as the customer knows them.")
reference = click.option(
    "--reference", default="", help="The number of the customer's request, such as a ticket's; no names."
)


def whose(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--tenant`, `--user`, `--reference` and `--data-dir`."""
    for option in (of_stack, reference, user, tenant):
        command = option(command)
    return command
