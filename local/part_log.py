"""A part's log: what it writes, in a file that cannot grow without end, and its last lines at hand."""

import contextlib
from pathlib import Path

_TAIL_BYTES = 8 << 10


class PartLog:
    """Appends to a file; a full one becomes `NAME.1`, which replaces the one before."""

    def __init__(self, file: Path, max_bytes: int = 5 << 20) -> None:
        self.file = file
        self._max_bytes = max_bytes
        self._out = file.open("ab")
        self._tail = b""

    def write(self, data: bytes) -> None:
        """Append; on a full disk the log goes on in memory alone, since no log is worth a part."""
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        with contextlib.suppress(OSError):
            if self._out.tell() + len(data) > self._max_bytes:
                self._out.close()
                self.file.replace(self.file.with_suffix(".log.1"))
                self._out = self.file.open("ab")
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
