"""Logs in files: what a process says may quote what it was sent. Each begins by saying when."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from privacy.retention.reading import CannotTell, Reach, Reading

LIMIT = timedelta(days=60)
"""After 30 days a log is closed and a new one begun (`local/part_log.py`), and after"""
QUIET = timedelta(days=30)
"""without a new line it is emptied."""
_STAMP = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_FIRST_LINES = 1 << 16


def measure(reach: Reach, now: datetime) -> Reading:
    """The first line that has a time, of each file; raises CannotTell where none has, OSError."""
    if reach.logs is None:
        return Reading(limit_in_store="not here: processes write to their standard error")
    begun = {file: since for file in _files(reach.logs) if (since := _begun(file))}
    late = [file for file, since in begun.items() if since + LIMIT < now]
    oldest = min(begun.values(), default=None)
    return Reading(
        oldest_received_at=oldest,
        records=len(begun),
        bytes=sum(file.stat().st_size for file in begun),
        overdue_records=len(late),
        overdue_bytes=sum(file.stat().st_size for file in late),
        next_drop=oldest + LIMIT if oldest else None,
    )


def quiet(directory: Path, now: datetime) -> Iterator[Path]:
    """Logs that hold something, and in which nothing was written for so long that nothing may stay."""
    for file in _files(directory):
        state = file.stat()
        if state.st_size and datetime.fromtimestamp(state.st_mtime, UTC) + QUIET < now:
            yield file


def _files(directory: Path) -> Iterator[Path]:
    yield from (file for file in sorted(directory.glob("*")) if file.is_file())


def _begun(file: Path) -> datetime | None:
    """None for an empty file."""
    with file.open("rb") as content:
        first = content.read(_FIRST_LINES)
    if not first:
        return None
    found = _STAMP.search(first)
    if not found:
        raise CannotTell(f"{file} does not say when it was begun: delete it, or see what writes it.")
    return datetime.fromisoformat(found[0].decode()).replace(tzinfo=UTC)
