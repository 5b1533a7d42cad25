"""A replay: a dead letter that was sent again to its topic, and the note that says so.

The record that is sent carries the header `replayed_from`. The note is a record of `sillage.replays`: its key
is the letter's, its value empty, its headers say when it was sent and where it stands now.
"""

from dataclasses import dataclass

from schemas.dead_letter import Headers

REPLAYED_FROM = "replayed_from"
"""The header of a record that is a replay: the key of the dead letter that it was."""
_AT, _TO = "replay.at", "replay.to"


@dataclass(frozen=True)
class Replay:
    """One letter's last way back."""

    letter: bytes
    """Its key: the coordinates at which the record died."""
    at: int
    """When it was sent, Unix milliseconds."""
    to: str
    """Where it stands now: topic/partition/offset."""

    def to_headers(self) -> Headers:
        """The note's headers."""
        return [(_AT, str(self.at).encode()), (_TO, self.to.encode())]


def from_record(key: bytes, headers: Headers) -> Replay:
    """Read a note back; raises ValueError when it is none."""
    carried = dict(headers)
    if _AT not in carried or _TO not in carried:
        raise ValueError("The record is no note of a replay: it lacks a header.")
    return Replay(key, int(carried[_AT]), carried[_TO].decode())
