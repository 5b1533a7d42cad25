"""A part's log: what it writes, in a file that cannot grow without end, and its last lines at hand."""

import contextlib
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_TAIL_BYTES = 8 << 10
_BEGUN = "log begun "
TURNED_AFTER = timedelta(days=30)


class PartLog:
    """Appends to a file, whose first line says when it was begun.

    One that is full, or 30 days old, becomes `NAME.1`, which replaces the one before.
    """

    def __init__(self, file: Path, max_bytes: int = 5 << 20) -> None:
        self.file = file
        self._max_bytes = max_bytes
        self._out = file.open("ab")
        self._turn_at = _begun(file) + TURNED_AFTER.total_seconds()
        self._tail = b""

    def write(self, data: bytes) -> None:
        """Append; on a full disk the log goes on in memory alone, since no log is worth a part."""
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        with contextlib.suppress(OSError):
            size = os.fstat(self._out.fileno()).st_size  # who deletes old logs may have emptied it
            if size and (size + len(data) > self._max_bytes or time.time() > self._turn_at):
                self._out.close()
                self.file.replace(self.file.with_suffix(".log.1"))
                self._out = self.file.open("ab")
                size = 0
            if not size:
                now = datetime.now(UTC)
                self._turn_at = (now + TURNED_AFTER).timestamp()
                self._out.write(f"{_BEGUN}{now.isoformat(timespec='seconds')}\n".encode())
            self._out.write(data)
            self._out.flush()

    def last_lines(self, count: int) -> list[str]:
        """The last lines of this run, without blank ones."""
        lines = self._tail.decode("utf-8", "replace").splitlines()
        return [line for line in lines if line.strip()][-count:]

    def close(self) -> None:
        """Write no more."""
        with contextlib.suppress(OSError):
            self._out.close()


def _begun(file: Path) -> float:
    """What the first line says, as Unix seconds; now for a file that does not say."""
    with file.open("rb") as content:
        first = content.readline(100).decode("utf-8", "replace")
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(first.removeprefix(_BEGUN).strip()).timestamp()
    return time.time()
