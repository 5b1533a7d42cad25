"""A small disk of ClickHouse's own, which can be full: less is free than ClickHouse keeps free for itself."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_BYTES = 1 << 30
_LEFT_BYTES = 128 << 20
"""Half of what `local/clickhouse/config.py` keeps free, for the writes that are under way."""
_BALLAST = "ballast"


class Disk:
    """A tmpfs on a directory; without the right to mount one, the directory itself, which is never full."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.fault = "not mounted yet"
        """Why it cannot be filled; empty when it can."""

    @contextlib.contextmanager
    def mounted(self) -> Iterator[None]:
        """Mount it for the duration of the block."""
        self.directory.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={_BYTES},mode=0700", "sillage-faults"]
        try:
            done = subprocess.run(["mount", *options, self.directory], capture_output=True, text=True)
            self.fault = done.stderr.strip() if done.returncode else ""
        except OSError as error:
            self.fault = str(error)
        try:
            yield
        finally:
            if not self.fault:
                subprocess.run(["umount", "--lazy", self.directory], check=True)

    def fill(self) -> None:
        """Leave less free than ClickHouse keeps free; a disk without one free byte damages its parts."""
        ballast = os.open(self.directory / _BALLAST, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(ballast, 0, shutil.disk_usage(self.directory).free - _LEFT_BYTES)
        finally:
            os.close(ballast)

    def empty(self) -> None:
        """Give the room back."""
        (self.directory / _BALLAST).unlink(missing_ok=True)
