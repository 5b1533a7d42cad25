"""`sillage audit`: whether the papers are whole, and all of them for an auditor."""

import sys
from pathlib import Path

import click

from cli.desk import Desk, at_desk
from cli.person.options import of_stack
from privacy import audit
from privacy.record import record_of_processing
from privacy.rights import certificate
from privacy.signatures import verify_document

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Verify the ledger, the access log and the certificates; hand all papers to an auditor."""


@command.command()
@of_stack
def verify(data_dir: Path) -> None:
    """Read every chained log and certificate, and say what is whole; the exit code is 1 where one is not."""
    faults = []

    def job(desk: Desk) -> None:
        for finding in audit.verify(desk.settings.state_dir):
            click.echo(f"{finding.paper}: {finding.fault or f'whole, {finding.entries:,} entries'}")
            faults.extend([finding.fault] if finding.fault else [])

    at_desk(data_dir, job)
    sys.exit(1 if faults else 0)


@command.command()
@of_stack
@click.option(
    "--policy", type=click.Path(exists=True, file_okay=False, path_type=Path), default="docs/privacy",
    show_default=True, help="Directory of your policy and notices, as Markdown.",
)  # fmt: skip
@click.option("--output", type=_FILE, required=True, help="The archive, a .zip file.")
def pack(policy: Path, output: Path, data_dir: Path) -> None:
    """Write everything that shows compliance to one archive (GDPR, article 28(3)(h)).

    Policy, record of processing, history of retention, ledger, certificates, access log, configuration.
    """

    def job(desk: Desk) -> None:
        desk.access.record(desk.operator.name, "audit pack", "(all)")
        audit.note_configuration(desk.settings.state_dir, desk.settings)
        names = audit.pack(desk.client, desk.settings.state_dir, policy, output)
        click.echo(f"{len(names)} papers are in {output}.")

    at_desk(data_dir, job)


@command.command()
@of_stack
def record(data_dir: Path) -> None:
    """Print the record of processing (GDPR, article 30), made from the live schema."""
    at_desk(data_dir, lambda desk: click.echo(record_of_processing(desk.client), nl=False))


@command.command("certificate")
@click.argument("file", type=_FILE)
@click.option("--public-key", type=_FILE, required=True, help="PEM file of the installation's public key.")
def certificate_(file: Path, public_key: Path) -> None:
    """Verify a certificate from its file and the public key alone; the exit code is 1 if it is wrong."""
    try:
        document, key = certificate.read(file), public_key.read_text()
    except (OSError, ValueError) as error:
        raise click.ClickException(f"It cannot be read: {error}") from error
    if not verify_document(document, key):
        raise click.ClickException(f"{file} is not what the holder of this key has signed.")
    found = ", ".join(f"{rows:,} of {store}" for store, rows in document["found"].items())
    click.echo(
        f"Right: request {document['request']} of {document['tenant']}, {document['done_at']}: {found}."
    )
