"""`sillage dead show`: one record that could not be stored, as a whole."""

import json
from pathlib import Path

import click

from cli.dead.graveyard import FILE, Graveyard, of_stack, summary, visit
from cli.dead.texts import hexdump, moment
from consumers.usage_batches import BatchDecoder, Undecodable
from schemas.usage import unpack_received_at


@click.command()
@click.argument("coordinates")
@click.option("--raw", type=FILE, help="Write the value's bytes to this file.")
@of_stack
def show(coordinates: str, raw: Path | None, data_dir: Path) -> None:
    """Show one dead letter, topic/partition/offset: why it died, its headers, and its value."""

    def job(graveyard: Graveyard) -> None:
        (letter,) = graveyard.find((coordinates,))
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
