"""The letters that Kafka keeps, as the commands name and describe them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cli.dead.texts import moment
from cli.options import data_dir
from cli.process import start
from cli.surroundings import Surroundings
from consumers.letters import letters, replays
from consumers.log_reader import LogReader
from consumers.usage_batches import BatchDecoder
from runtime import topics
from runtime.settings import KafkaSettings
from schemas.dead_letter import DeadLetter, Reason
from schemas.replay import Replay
from schemas.topics import DEAD, REPLAYS
from schemas.usage import unpack_received_at

FILE = click.Path(dir_okay=False, path_type=Path)
of_reason = click.option(
    "--reason", type=click.Choice([str(reason) for reason in Reason]), help="Only those that died of this."
)
of_stack = data_dir("Where `sillage up` keeps the stack to look at.")


@dataclass(frozen=True)
class Graveyard:
    """Where the letters are, and what is needed to read them."""

    kafka: KafkaSettings
    reader: LogReader
    decoder: BatchDecoder

    def replays(self) -> dict[bytes, Replay]:
        """The notes of those that were sent again, by the letter's key."""
        return replays(self.reader)

    def chosen(self, reason: str | None, tenant: str | None = None) -> Iterator[DeadLetter]:
        """Those of this reason and tenant, oldest first."""
        for letter in letters(self.reader):
            if (not reason or letter.reason == reason) and (not tenant or tenant_of(letter) == tenant):
                yield letter

    def find(self, places: tuple[str, ...]) -> list[DeadLetter]:
        """The letters at these coordinates; the newest where a topic was made anew."""
        found = {place_of(letter): letter for letter in letters(self.reader) if place_of(letter) in places}
        if missing := [place for place in places if place not in found]:
            raise click.ClickException(
                f"There is no dead letter {missing[0]}. `sillage dead list` shows those that there are; "
                "Kafka drops each 7 days after its death."
            )
        return [found[place] for place in places]


def visit(data_dir: Path, job: Callable[[Graveyard], None]) -> None:
    """Do what a command does among the letters."""

    def among_letters() -> None:
        around = Surroundings.find(data_dir)
        topics.check(around.kafka, (DEAD, REPLAYS))
        reader = LogReader(around.settings)
        try:
            job(Graveyard(around.settings, reader, BatchDecoder(around.writer_schemas())))
        finally:
            reader.close()

    start("dead", among_letters, log_level="critical")


def place_of(letter: DeadLetter) -> str:
    """The coordinates as people write them."""
    return f"{letter.topic}/{letter.partition}/{letter.offset}"


def tenant_of(letter: DeadLetter) -> str:
    """Empty where the letter does not say."""
    return dict(letter.headers).get("tenant", b"").decode(errors="replace")


def summary(letter: DeadLetter, notes: dict[bytes, Replay]) -> dict[str, Any]:
    """What is told of a letter; times in ISO 8601."""
    stamp = dict(letter.headers).get("received_at", b"")
    note = notes.get(letter.key())
    return {
        "coordinates": place_of(letter),
        "topic_id": letter.topic_id.hex(),
        "reason": str(letter.reason),
        "detail": letter.detail,
        "tenant": tenant_of(letter),
        "received_at": moment(unpack_received_at(stamp)) if len(stamp) == 8 else None,
        "died_at": moment(letter.at),
        "bytes": len(letter.value),
        "replayed_at": moment(note.at) if note else None,
        "replayed_to": note.to if note else None,
    }
