"""Which processes a supervisor started, kept in a file, so that the next one ends what a killed one left."""

import contextlib
import json
import time
from pathlib import Path

import psutil

_GONE_WITHIN_SECONDS = 5.0
_START_TOLERANCE_SECONDS = 1.0


class Roster:
    """Process ids with start times: an id alone may meanwhile belong to a stranger."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._started: dict[int, float] = {}

    def add(self, pid: int) -> None:
        """Remember a process that was just started."""
        with contextlib.suppress(
            psutil.NoSuchProcess
        ):  # it ended at once; the supervisor notices that itself
            self._started[pid] = psutil.Process(pid).create_time()
            unfinished = self._file.with_suffix(".new")
            unfinished.write_text(json.dumps(self._started))
            unfinished.replace(self._file)

    def end_leftovers(self) -> None:
        """Kill what the roster's last owner left running, and their children, and wait for the end."""
        if not self._file.exists():
            return
        recorded: dict[str, float] = json.loads(self._file.read_text())
        leftovers = [one for pid, started in recorded.items() for one in _family(int(pid), started)]
        for process in leftovers:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        deadline = time.monotonic() + _GONE_WITHIN_SECONDS
        while any(map(_is_alive, leftovers)) and time.monotonic() < deadline:
            time.sleep(0.02)
        self._file.unlink()


def _family(pid: int, started: float) -> list[psutil.Process]:
    """The process and its descendants; nobody if the process is gone or another one now has its id."""
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - started) > _START_TOLERANCE_SECONDS:
            return []
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _is_alive(process: psutil.Process) -> bool:
    """Whether it still holds ports and files; a zombie that nobody has waited for does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
