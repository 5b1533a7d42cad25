"""What is sent in pieces, and how long it is."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Body:
    """Bytes in pieces that can be taken once, and how many they are in all.

    HTTP is told the length in front of them, so it need not put each piece's own before that, which it does
    by copying the piece.
    """

    size: int
    pieces: Generator[bytes, None, None]


def joined(parts: Sequence[bytes | memoryview], parts_a_piece: int) -> Generator[bytes, None, None]:
    """Give the parts, so many of them in each piece."""
    for start in range(0, len(parts), parts_a_piece):
        yield b"".join(parts[start : start + parts_a_piece])
