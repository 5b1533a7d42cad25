"""A log that shows whether it was changed: JSON Lines, each of which holds the hash of the line before.

A line is `{"at": …, "before": …, "entry": {…}, "number": n}` in canonical JSON: the UTC time, the SHA-256 of
the line before (zeros for the first), what was logged, and 1, 2, 3 … Whoever changes, removes or inserts a
line breaks the next one; who cuts lines off the end is found by a head that stands elsewhere, as in a
certificate.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from privacy.errors import PrivacyRefused
from privacy.signatures import canonical

_FIRST = "0" * 64
_STEP = 1 << 16


class ChainBroken(PrivacyRefused):
    """The last whole line is no link: nothing is appended to it. The message says where."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link: how many there are, and the hash that the next one will hold."""

    number: int = 0
    hash: str = _FIRST


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `Chain.verify` found."""

    head: Head
    """Of the links that are whole."""
    broken_line: int | None = None
    """The first line, from 1, that does not follow from the one before."""
    why: str = ""
    torn: bool = False
    """Whether an append was cut off at the end: it was never acknowledged, and the next one removes it."""


class Chain:
    """One file. Any number of processes may append at once."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def append(self, entry: Mapping[str, Any]) -> Head:
        """Add an entry; it is on the disk when this returns. Raises ChainBroken, OSError."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size, head = _end(file, self.file)
            file.truncate(size)
            file.seek(size)
            line = canonical(
                {"number": head.number + 1, "at": _now(), "before": head.hash, "entry": dict(entry)}
            )
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return Head(head.number + 1, _hash(line))

    def links(self) -> Iterator[dict[str, Any]]:
        """The links in their order, up to the first line that is none."""
        for line in self._lines():
            link = _link(line)
            if link is None:
                return
            yield link

    def entries(self) -> Iterator[dict[str, Any]]:
        """What was logged, in its order."""
        for link in self.links():
            yield link["entry"]

    def verify(self) -> Verdict:
        """Read the whole file: where does it break first, if it does? A file that is not there is whole."""
        head = Head()
        for number, line in enumerate(self._lines(), 1):
            if not line.endswith(b"\n"):
                return Verdict(head, torn=True)
            link = _link(line)
            if link is None:
                return Verdict(head, number, "it is no line of a chain")
            if link["number"] != number:
                return Verdict(head, number, f"it says that it is line {link['number']}")
            if link["before"] != head.hash:
                return Verdict(head, number, "the line before it is not the one that it was written after")
            head = Head(number, _hash(line.rstrip(b"\n")))
        return Verdict(head)

    def holds(self, head: Head) -> bool:
        """Whether the chain has, or had once, this head: a certificate's is found again."""
        if head.number == 0:
            return head == Head()
        for number, line in enumerate(self._lines(), 1):
            if number == head.number:
                return _hash(line.rstrip(b"\n")) == head.hash
        return False

    def _lines(self) -> Iterator[bytes]:
        if self.file.exists():
            with self.file.open("rb") as file:
                yield from file


def _end(file: BinaryIO, path: Path) -> tuple[int, Head]:
    """Where the whole lines end, and the head there."""
    size = file.seek(0, os.SEEK_END)
    tail, start = b"", size
    while start > 0 and tail.count(b"\n") < 2:
        step = min(_STEP, start)
        start -= step
        file.seek(start)
        tail = file.read(step) + tail
    whole = tail[: tail.rfind(b"\n") + 1]
    size -= len(tail) - len(whole)
    if not whole:
        return 0, Head()
    last = whole[:-1].rpartition(b"\n")[2]
    link = _link(last)
    if link is None:
        raise ChainBroken(f"The last line of {path} is no line of a chain: run `sillage audit verify`.")
    return size, Head(link["number"], _hash(last))


def _link(line: bytes) -> dict[str, Any] | None:
    try:
        link = json.loads(line)
    except ValueError:
        return None
    is_link = isinstance(link, dict) and link.keys() == {"number", "at", "before", "entry"}
    return link if is_link and isinstance(link["entry"], dict) else None


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
