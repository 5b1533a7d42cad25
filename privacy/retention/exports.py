"""Files of events that people have exported on this machine, as long as they are where they were put."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from privacy.retention.days import LONGEST, gone_at
from privacy.retention.reading import EXPORTS, Reach, Reading


def remember(state_dir: Path, exported: Path, oldest_day: date) -> None:
    """Note a file that holds events, the oldest of that day; it is on the disk when this returns."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    note = {
        "file": str(exported.absolute()),
        "oldest_day": oldest_day.isoformat(),
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with (state_dir / EXPORTS).open("a") as file:
        file.write(json.dumps(note) + "\n")
        file.flush()
        os.fsync(file.fileno())


def still_there(state_dir: Path) -> int:
    """How many exported files are where they were put."""
    return sum(Path(note["file"]).exists() for note in _notes(state_dir / EXPORTS))


def measure(reach: Reach, now: datetime) -> Reading:
    """Those that are where they were put; what was copied elsewhere is out of sight."""
    there = [note for note in _notes(reach.exports) if Path(note["file"]).exists()]
    late = [note for note in there if _gone(note) <= now]
    oldest = min((date.fromisoformat(note["oldest_day"]) for note in there), default=None)
    files = ", ".join(sorted({note["file"] for note in late}))
    return Reading(
        oldest_received_at=gone_at(oldest, 0) if oldest else None,
        records=len(there),
        bytes=sum(_size(note) for note in there),
        overdue_records=len(late),
        overdue_bytes=sum(_size(note) for note in late),
        next_drop=min(map(_gone, there), default=None),
        problem=f"Delete {files}." if late else "",
    )


def _notes(register: Path | None) -> list[dict[str, Any]]:
    if register is None or not register.exists():
        return []
    latest = {note["file"]: note for note in map(json.loads, register.read_text().splitlines())}
    return list(latest.values())


def _gone(note: dict[str, Any]) -> datetime:
    return gone_at(date.fromisoformat(note["oldest_day"]), LONGEST)


def _size(note: dict[str, Any]) -> int:
    return Path(note["file"]).stat().st_size
