"""An engine's bytes, read as choices and texts; a short input is a simple one, and none is invalid.

The engine's own reader is not used, so that a kept input means the same on machines without the engine.
"""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

END = b"\xff"
"""Ends a text: engines insert and remove single bytes, and the texts behind stay what they are."""


class Choices:
    """Reads from the front; at the end every choice is the first and every text is empty."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def are_left(self) -> bool:
        """Whether there are more."""
        return self._at < len(self._data)

    def byte(self) -> int:
        """A number below 256."""
        at, self._at = self._at, self._at + 1
        return self._data[at] if at < len(self._data) else 0

    def number(self) -> int:
        """A number below 65,536."""
        return self.byte() << 8 | self.byte()

    def of(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[self.byte() % len(options)]

    def yes(self) -> bool:
        """No at the end."""
        return bool(self.byte() & 1)

    def piece(self) -> bytes:
        """Bytes up to the next FF."""
        end = self._data.find(END, self._at)
        end = len(self._data) if end < 0 else end
        found = self._data[self._at : end]
        self._at = end + 1
        return found

    def rest(self) -> bytes:
        """All that is left."""
        found, self._at = self._data[self._at :], len(self._data)
        return found

    def text(self) -> str:
        """A piece as text, in which halves of surrogate pairs may stand."""
        piece = self.piece()
        try:
            return piece.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return piece.decode("latin-1")
