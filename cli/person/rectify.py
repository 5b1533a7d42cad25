"""`sillage person rectify`: what is wrong about a person is corrected."""

from pathlib import Path

import click

from cli.desk import Desk, at_desk
from cli.person.options import whose
from privacy.rights import rectification
from privacy.rights.requests import Ground, Right


@click.command()
@whose
@click.option(
    "--set", "corrections", multiple=True, required=True, metavar="NAME=VALUE",
    help="country, region, city, language, timezone or property.NAME; may be repeated.",
)  # fmt: skip
def rectify(tenant: str, user: str, reference: str, data_dir: Path, corrections: tuple[str, ...]) -> None:
    """Correct what was concluded or said about a person, in all of their events.

    What happened, when and where in the product is history: that is refused, and the refusal written down.
    """

    def job(desk: Desk) -> None:
        who, person = desk.operator.name, desk.person(tenant, user)
        with desk.ledger.alone():
            request = desk.ledger.open(Right.RECTIFICATION, person, who, reference)
            try:
                parsed = dict(rectification.parse(one) for one in corrections)
            except rectification.NotRectified:
                desk.ledger.refuse(request.id, who, Ground.HISTORY)
                raise
            days = rectification.rectify(desk.client, person, parsed, desk.settings.backup_dir)
            desk.ledger.step(request, "rectified", who, names=sorted(parsed), days=days)
            desk.ledger.write("done", request.id, who)
        click.echo(f"{request.id}: {', '.join(sorted(parsed))} corrected on {days:,} days.")

    at_desk(data_dir, job)
