"""Dead letters read back from `sillage.dead`, and the notes of those that were sent again."""

import logging
from collections.abc import Iterator

from confluent_kafka import Message

from consumers.log_reader import LogReader
from consumers.record import raw_headers
from schemas import dead_letter, replay
from schemas.dead_letter import DeadLetter
from schemas.replay import Replay
from schemas.topics import DEAD, REPLAYS

log = logging.getLogger(__name__)


def letters(reader: LogReader) -> Iterator[DeadLetter]:
    """Every letter that Kafka keeps, oldest first; one that was sent twice comes once."""
    seen: set[bytes] = set()
    for message in reader.whole(DEAD.name):
        letter = _letter(message)
        if letter and letter.key() not in seen:
            seen.add(letter.key())
            yield letter


def replays(reader: LogReader) -> dict[bytes, Replay]:
    """The last replay of each letter that was sent again, by the letter's key."""
    notes = (
        replay.from_record(message.key() or b"", raw_headers(message))
        for message in reader.whole(REPLAYS.name)
    )
    return {note.letter: note for note in notes}


def _letter(message: Message) -> DeadLetter | None:
    try:
        return dead_letter.from_record(message.key() or b"", message.value() or b"", raw_headers(message))
    except ValueError as error:
        log.warning("%s offset %s is left out: %s", DEAD.name, message.offset(), error)
        return None
