"""The spool's SQLite file: its tables, its settings, and a connection that is made anew after each failure.

Source: https://www.sqlite.org/wal.html
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

VERSION = 1
PAGE_BYTES = 4_096
_BUSY_SECONDS = 5.0
_TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS groups (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    oldest_received_at INTEGER NOT NULL,
    records INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS groups_by_age ON groups (oldest_received_at, records);
CREATE TABLE IF NOT EXISTS quarantine (number INTEGER PRIMARY KEY, reason TEXT NOT NULL);
PRAGMA user_version = {VERSION};
COMMIT;
"""
_SETTINGS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA journal_size_limit = 16777216;
"""


class Database:
    """One connection, used by one thread at a time.

    A transaction that ends without error is on the disk. sqlite3.Error means that nothing was changed, and
    that the next call may succeed: a full disk may have room by then.
    """

    def __init__(self, file: Path, max_bytes: int) -> None:
        self.file = file
        self.max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """For writing, all or nothing."""
        with self.connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """For reading, and for what cannot be in a transaction."""
        try:
            if self._connection is None:
                self._connection = self._open()
            yield self._connection
        except BaseException:
            self.close()  # rolls back
            raise

    def close(self) -> None:
        """Leave the file to others."""
        connection, self._connection = self._connection, None
        if connection:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.file, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            if pragma(connection, "user_version") != VERSION:
                connection.executescript(_TABLES)
            connection.executescript(_SETTINGS)
            connection.execute(f"PRAGMA max_page_count = {self.max_bytes // PAGE_BYTES}")
        except BaseException:
            connection.close()
            raise
        return connection


def used_bytes(connection: sqlite3.Connection) -> int:
    """Of the file, what is in use."""
    return PAGE_BYTES * (pragma(connection, "page_count") - pragma(connection, "freelist_count"))


def pragma(connection: sqlite3.Connection, name: str) -> int:
    """The value of a PRAGMA that is a number."""
    ((value,),) = connection.execute(f"PRAGMA {name}")
    return int(value)
