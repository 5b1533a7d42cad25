"""The spool's directory: for its owner alone, drained by one process at a time."""

import contextlib
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ingest.spooling.store import Store
from runtime.settings import SettingError

_FILE, _LOCK = "spool.sqlite", "drain.lock"


class SpoolDirectory:
    """A directory that holds a spool."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, max_bytes: int) -> Store:
        """Make what is missing; raises SettingError with a sentence when it cannot be used."""
        store = Store(self._path / _FILE, max_bytes)
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.chmod(0o700)
            with _held(self._path) as directory:
                for name in (_FILE, _LOCK):
                    (self._path / name).touch(mode=0o600)
                store.totals()
                os.fsync(directory)  # the new file is found after a power cut
        except OSError as error:
            raise SettingError(f"SILLAGE_SPOOL_DIR: {self._path} cannot be used: {error.strerror}.") from None
        except sqlite3.Error as error:
            raise SettingError(
                f"SILLAGE_SPOOL_DIR: {self._path / _FILE} cannot be opened: {error}. If it is damaged, move "
                f"it away; what it holds has not reached Kafka."
            ) from None
        return store

    def room(self) -> tuple[int, int]:
        """Bytes that its disk has left, and the disk's size."""
        disk = shutil.disk_usage(self._path)
        return disk.free, disk.total

    @contextlib.contextmanager
    def drained_here(self) -> Iterator[bool]:
        """Whether this process may drain until the block ends; kill -9 gives the right back, too."""
        with (self._path / _LOCK).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


@contextlib.contextmanager
def _held(path: Path) -> Iterator[int]:
    """One process at a time makes the database."""
    directory = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield directory
    finally:
        os.close(directory)
