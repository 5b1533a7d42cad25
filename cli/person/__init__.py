"""`sillage person`: a person's rights, on the request of the customer whose user they are."""

import click

from cli.person.answering import approve, extend, refuse, requests
from cli.person.erase import erase, lift
from cli.person.export import export
from cli.person.exposure import exposure
from cli.person.rectify import rectify
from cli.person.restrict import restrict, unrestrict


@click.group()
def command() -> None:
    """Export, erase, restrict or rectify what is known of a person, and tell what was asked for and done."""


for each in (export, erase, lift, restrict, unrestrict, rectify, requests, approve, extend, refuse, exposure):
    command.add_command(each)
