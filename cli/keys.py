"""`sillage keys`: new keys, as texts to hand over and lines for the files; no file is changed."""

import hashlib
import secrets
from datetime import datetime, timedelta

import click

from runtime.pseudonyms import today

_PREFIXES = {"write": "pk", "secret": "sk"}


@click.group()
def command() -> None:
    """Make keys: for senders, and for the pseudonyms of users."""


@command.command()
@click.option("--tenant", required=True, help="Whose key it is.")
@click.option(
    "--kind",
    type=click.Choice(list(_PREFIXES)),
    required=True,
    help="Of pages (write), or of back ends (secret).",
)
def new(tenant: str, kind: str) -> None:
    """Make a sender's key, and the line that lets the collector take it."""
    key = f"{_PREFIXES[kind]}_{tenant}_{secrets.token_hex(16)}"
    click.echo(key)
    click.echo(f"It is shown this once. Add to {kind}_keys of [{tenant}] in the tenants' file:", err=True)
    click.echo(f'"sha256:{hashlib.sha256(key.encode()).hexdigest()}"')


@command.command()
@click.option(
    "--from",
    "since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The UTC day on which it begins; tomorrow when it is not given.",
)
def pseudonym(since: datetime | None) -> None:
    """Make the next generation of a tenant's pseudonym key."""
    day = since.date() if since else today() + timedelta(days=1)
    click.echo(f'{{key = "{secrets.token_hex(32)}", from = {day}}},')
    click.echo("Add it to the tenant's list and keep the others: docs/how-to/rotate-keys.md.", err=True)
