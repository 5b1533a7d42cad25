"""`sillage dead replay`: records that could not be stored, sent again."""

import sys
from pathlib import Path

import click

from cli.dead.graveyard import FILE, Graveyard, of_reason, of_stack, place_of, visit
from consumers.replay import Refusal, RefuseReplay, Repair, Replayer
from schemas.dead_letter import DeadLetter
from schemas.replay import Replay


@click.command()
@click.argument("coordinates", nargs=-1)
@click.option(
    "--all", "all_", is_flag=True, help="All that were not sent again yet; on a terminal it asks first."
)
@of_reason
@click.option("--value", type=FILE, help="Send this file's bytes instead of the letter's; for one letter.")
@click.option("--tenant", help="Whose it is, where the letter does not say.")
@click.option("--again", is_flag=True, help="Also what was sent again before.")
@of_stack
def replay(
    coordinates: tuple[str, ...],
    all_: bool,
    reason: str | None,
    value: Path | None,
    tenant: str | None,
    again: bool,
    data_dir: Path,
) -> None:
    """Send dead letters again, each topic/partition/offset, with the arrival stamp that they had.

    The exit code is 1 when one was not sent.
    """
    if bool(coordinates) == all_:
        raise click.UsageError("Name the letters' coordinates, or --all.")
    if reason and not all_:
        raise click.UsageError("--reason goes with --all.")
    if value and len(coordinates) != 1:
        raise click.UsageError("--value goes with one letter's coordinates.")
    repair = Repair(_read(value) if value else None, tenant)

    def job(graveyard: Graveyard) -> None:
        notes = {} if again else graveyard.replays()
        if all_:
            chosen = [letter for letter in graveyard.chosen(reason) if letter.key() not in notes]
            _confirm(len(chosen))
        else:
            chosen = graveyard.find(coordinates)
        replayer = Replayer(graveyard.kafka, graveyard.reader, graveyard.decoder)
        sent = sum(_is_sent(replayer, letter, repair, notes) for letter in chosen)
        click.echo(f"Sent again: {sent:,} of {len(chosen):,}.")
        sys.exit(0 if sent == len(chosen) else 1)

    visit(data_dir, job)


def _is_sent(replayer: Replayer, letter: DeadLetter, repair: Repair, notes: dict[bytes, Replay]) -> bool:
    try:
        if letter.key() in notes:
            raise RefuseReplay(Refusal.REPLAYED)
        note = replayer.send(letter, repair)
    except RefuseReplay as refused:
        click.echo(f"{place_of(letter)} is not sent: {refused}", err=True)
        return False
    click.echo(f"{place_of(letter)} is sent again as {note.to}")
    return True


def _confirm(count: int) -> None:
    if count and sys.stdin.isatty():
        click.confirm(f"Send {count:,} dead letters again?", abort=True, err=True)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"--value {file} cannot be read: {error.strerror}.") from error
