"""Backups, as they lie on their disk: an archive is of one day and one retention, as its folder says."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from privacy.retention.parts import gone
from privacy.retention.reading import CannotTell, Reach, Reading


def measure(reach: Reach, now: datetime) -> Reading:
    """Each archive counts as one record, one that is not whole too. Raises CannotTell."""
    if reach.backups is None:
        return Reading(limit_in_store="none are made: SILLAGE_BACKUP_DIR is empty")
    if not reach.backups.is_dir():
        raise CannotTell(
            f"The folder of backups, {reach.backups}, is not there: mount it, or set SILLAGE_BACKUP_DIR."
        )
    files = [(file, gone(file.parent.name)) for file in files_of(reach.backups)]
    unknown = [file for file, when in files if when is None]
    late = [file for file, when in files if when and when <= now]
    return Reading(
        records=len(files),
        bytes=sum(file.stat().st_size for file, _ in files),
        overdue_records=len(late),
        overdue_bytes=sum(file.stat().st_size for file in late),
        next_drop=min((when for _, when in files if when), default=None),
        problem=f"The day of {unknown[0]} cannot be told: delete it." if unknown else "",
    )


def files_of(directory: Path) -> Iterator[Path]:
    """Every file under it."""
    yield from (file for file in sorted(directory.rglob("*")) if file.is_file())


def overdue(directory: Path, now: datetime) -> Iterator[Path]:
    """The archives of days that have passed."""
    for file in files_of(directory):
        if (when := gone(file.parent.name)) and when <= now:
            yield file
