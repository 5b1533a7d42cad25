"""`sillage person restrict` and `unrestrict`: shown to nobody, and shown again."""

from pathlib import Path

import click

from cli.desk import Desk, at_desk
from cli.person.options import whose
from privacy.rights import restriction
from privacy.rights.requests import Right


@click.command()
@whose
def restrict(tenant: str, user: str, reference: str, data_dir: Path) -> None:
    """Hide a person from every view and answer; what is stored stays, and expires as ever."""

    def job(desk: Desk) -> None:
        who, person = desk.operator.name, desk.person(tenant, user)
        with desk.ledger.alone():
            request = desk.ledger.open(Right.RESTRICTION, person, who, reference)
            rows = restriction.restrict(desk.client, request)
            desk.ledger.step(request, "hidden", who, rows=rows)
            desk.ledger.write("done", request.id, who)
        click.echo(f"{request.id}: {rows:,} rows are shown to nobody, until `sillage person unrestrict`.")

    at_desk(data_dir, job)


@click.command()
@whose
def unrestrict(tenant: str, user: str, reference: str, data_dir: Path) -> None:
    """End a person's restriction."""

    def job(desk: Desk) -> None:
        who, person = desk.operator.name, desk.person(tenant, user)
        with desk.ledger.alone():
            request = desk.ledger.open(Right.UNRESTRICTION, person, who, reference)
            restrictions = [one for one in desk.ledger.restrictions() if one.whose == person]
            rows = restriction.unrestrict(desk.client, person, restrictions)
            desk.ledger.step(request, "shown", who, rows=rows)
            desk.ledger.write("done", request.id, who)
        click.echo(f"{request.id}: {rows:,} rows are shown again.")

    at_desk(data_dir, job)
