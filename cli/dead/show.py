"""`sillage dead show`: one record that could not be stored, as a whole."""

import json
import os
from pathlib import Path

import click

from cli.dead.graveyard import FILE, Graveyard, of_stack, summary, tenant_of, visit
from cli.dead.texts import hexdump, moment
from cli.desk import reading
from consumers.usage_batches import BatchDecoder, Undecodable
from runtime.operators import Right
from runtime.settings import with_stack
from schemas.usage import unpack_received_at


@click.command()
@click.argument("coordinates")
@click.option("--raw", type=FILE, help="Write the value's bytes to this file.")
@of_stack
def show(coordinates: str, raw: Path | None, data_dir: Path) -> None:
    """Show one dead letter, topic/partition/offset: why it died, its headers, and its value."""

    def job(graveyard: Graveyard) -> None:
        (letter,) = graveyard.find((coordinates,))
        reading(
            with_stack(os.environ, data_dir), Right.TRACES, "dead show", tenant_of(letter) or "(unknown)",
            place=coordinates,
        )  # fmt: skip
        for name, told in summary(letter, graveyard.replays()).items():
            click.echo(f"{name:14}{'' if told is None else told}")
        click.echo("\nheaders")
        for name, value in letter.headers:
            click.echo(f"  {name:12}{_header(name, value)}")
        click.echo(f"\nvalue, {len(letter.value):,} bytes\n{hexdump(letter.value)}")
        _print_batch(graveyard.decoder, letter.value)
        if raw:
            _write(raw, letter.value)

    visit(data_dir, job)


def _header(name: str, value: bytes) -> str:
    if name == "received_at" and len(value) == 8:
        return f"{moment(unpack_received_at(value))}"
    return value.decode() if value.isascii() and value.decode().isprintable() else value.hex(" ")


def _print_batch(decoder: BatchDecoder, value: bytes) -> None:
    """User ids in it are pseudonyms, and addresses cut to their network: both became so before Kafka."""
    try:
        batch = decoder.decode(value)
    except Undecodable as error:
        click.echo(f"\nIt cannot be decoded: {error}")
    else:
        click.echo("\nbatch")
        click.echo(json.dumps(batch, indent=2, ensure_ascii=False, default=lambda raw: raw.hex()))


def _write(file: Path, value: bytes) -> None:
    try:
        file.write_bytes(value)
    except OSError as error:
        raise click.ClickException(f"--raw {file} cannot be written: {error.strerror}.") from error
    click.echo(f"\nThe value is in {file}.")
