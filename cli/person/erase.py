"""`sillage person erase` and `lift`: gone and kept out, or, under a new consent, let in again."""

from collections.abc import Sequence
from pathlib import Path

import click

from cli.desk import Desk, at_desk
from cli.person.options import of_stack, reference, tenant, whose
from privacy.rights import subjects
from privacy.rights.erasure import Erasure
from privacy.rights.requests import Request, Right, Whose


@click.command()
@tenant
@click.option(
    "--user", "users", multiple=True, required=True, metavar="ID",
    help="The person, as the customer knows them; repeated: several persons together.",
)  # fmt: skip
@reference
@of_stack
def erase(tenant: str, users: tuple[str, ...], reference: str, data_dir: Path) -> None:
    """Erase persons: hidden at once, kept out from now on, deleted, counted again, certified.

    Killed anywhere, the same command goes on where it was. An answer is due within 30 days.
    """

    def job(desk: Desk) -> None:
        persons = [desk.person(tenant, user) for user in dict.fromkeys(users)]
        erase_all(desk, persons, reference)

    at_desk(data_dir, job)


@click.command()
@whose
def lift(tenant: str, user: str, reference: str, data_dir: Path) -> None:
    """Store again what an erased person sends from now on: they have consented anew.

    What they sent before stays erased, whoever brings it.
    """

    def job(desk: Desk) -> None:
        lift_one(desk, desk.person(tenant, user), reference)

    at_desk(data_dir, job)


def erase_all(desk: Desk, persons: Sequence[Whose], reference: str) -> None:
    """Erase persons, or tenants, together, and say where their certificates are."""
    with desk.ledger.alone():
        requests = [desk.ledger.open(Right.ERASURE, one, desk.operator.name, reference) for one in persons]
        _tell_who_waits(desk, requests)
        run = Erasure(
            desk.client, desk.ledger, desk.settings.state_dir, desk.operator.name, requests,
            desk.settings.backup_dir,
        )  # fmt: skip
        for request, certificate in zip(requests, run.run(), strict=True):
            rows = sum(request.steps["found"]["rows"].values())
            click.echo(f"{request.id}: {rows:,} rows are erased, none is left. Certificate: {certificate}")


def lift_one(desk: Desk, whose: Whose, reference: str) -> None:
    """End the suppression of a person, or a tenant, for what comes from now on."""
    with desk.ledger.alone():
        request = desk.ledger.open(Right.LIFTING, whose, desk.operator.name, reference)
        subjects.lift(desk.client, whose)
        desk.ledger.write("done", request.id, desk.operator.name)
    click.echo(f"{request.id}: what arrives from now on is stored again.")


def _tell_who_waits(desk: Desk, requests: Sequence[Request]) -> None:
    """Where two persons must agree, end here until the second has."""
    if desk.settings.two_person_approval == "off":
        return
    if waiting := [one.id for one in requests if not one.approved_by]:
        raise click.ClickException(
            f"Another operator must approve first: `sillage person approve {' '.join(waiting)}`; then run "
            "the same command again."
        )
