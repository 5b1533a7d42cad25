"""`sillage person export`: everything that is a person's, in one archive."""

from pathlib import Path

import click

from cli.desk import Desk, at_desk
from cli.person.options import whose
from privacy.rights.export import export as write_archive
from privacy.rights.requests import Right, Whose


@click.command()
@whose
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The archive, a .zip file.",
)
def export(tenant: str, user: str, reference: str, data_dir: Path, output: Path) -> None:
    """Write what is known of a person to an archive: JSON Lines, a signed manifest, a page to read.

    It is complete, or it is not there. Hand it over, then delete it: it must not outlive 90 days.
    """
    at_desk(data_dir, lambda desk: export_one(desk, desk.person(tenant, user), reference, output))


def export_one(desk: Desk, whose: Whose, reference: str, output: Path) -> None:
    """Write the archive of a person, or of a tenant."""
    who = desk.operator.name
    with desk.ledger.alone():
        request = desk.ledger.open(Right.EXPORT, whose, who, reference)
        desk.access.record(who, "export", whose.tenant, whose.pseudonyms, request=request.id)
        try:
            found = write_archive(desk.client, desk.settings.state_dir, request, output)
        except OSError as error:
            raise click.ClickException(f"{output} cannot be written: {error.strerror or error}.") from error
        desk.ledger.step(request, "exported", who, rows=found)
        desk.ledger.write("done", request.id, who)
    told = ", ".join(f"{rows:,} of {store}" for store, rows in found.items())
    click.echo(f"{request.id}: {told} are in {output}.")
