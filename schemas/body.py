"""What is sent in pieces, and how long it is."""

from collections.abc import Generator
from dataclasses import dataclass


@dataclass(frozen=True)
class Body:
    """Bytes in pieces that can be taken once, and how many they are in all.

    HTTP is told the length in front of them, so it need not put each piece's own before that, which it does
    by copying the piece.
    """

    size: int
    pieces: Generator[bytes, None, None]
