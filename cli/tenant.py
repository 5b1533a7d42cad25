"""`sillage tenant`: everything of a customer, at the end of the contract."""

from pathlib import Path

import click

from cli.desk import Desk, at_desk
from cli.person.erase import erase_all, lift_one
from cli.person.export import export_one
from cli.person.options import of_stack, reference
from privacy.rights.requests import Whose

_tenant = click.option("--tenant", required=True, help="The customer.")


@click.group()
def command() -> None:
    """Export or erase everything of a customer, at the end of the contract."""


@command.command()
@_tenant
@reference
@of_stack
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The archive, a .zip file.",
)
def export(tenant: str, reference: str, data_dir: Path, output: Path) -> None:
    """Write everything of a customer to an archive: JSON Lines, a signed manifest, a page to read."""
    at_desk(data_dir, lambda desk: export_one(desk, Whose(tenant), reference, output))


@command.command()
@_tenant
@reference
@of_stack
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(tenant: str, reference: str, data_dir: Path, yes: bool) -> None:
    """Erase everything of a customer, as `sillage person erase` does a person.

    Take its keys out of the tenants' file first: what it sends is left out from now on, but still accepted.
    """

    def job(desk: Desk) -> None:
        if not yes:
            click.confirm(f"Erase everything of {tenant}, for good?", abort=True)
        erase_all(desk, [Whose(tenant)], reference)

    at_desk(data_dir, job)


@command.command()
@_tenant
@reference
@of_stack
def lift(tenant: str, reference: str, data_dir: Path) -> None:
    """Store again what an erased customer sends from now on."""
    at_desk(data_dir, lambda desk: lift_one(desk, Whose(tenant), reference))
