"""The spool's database: groups in one SQLite file, which all worker processes of a collector share.

Every call blocks, and is made from one thread at a time. A write returns when it is on the disk (WAL,
synchronous=FULL); sqlite3.Error means that nothing was changed, and that the next call may succeed.
Source: https://www.sqlite.org/wal.html
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.record import Record
from ingest.spooling.group import MOST_RECORDS, DamagedGroup, Group, Packed, pack, unpack

VERSION = 1
_BUSY_SECONDS = 5.0
_PAGE_BYTES = 4_096
_ROOM_BYTES = 16 << 20
"""With less left than this, on the disk or below the limit, there is no room."""
_TABLES = f"""
PRAGMA auto_vacuum = NONE;
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
_WAITING = "number NOT IN (SELECT number FROM quarantine)"


@dataclass(frozen=True)
class Totals:
    """What waits for Kafka now."""

    records: int
    bytes: int
    """Of the file, what is in use."""
    oldest_received_at: int | None
    """Unix milliseconds."""


class Store:
    """The database in one file, opened at the first call and anew after each failure."""

    def __init__(self, file: Path, max_bytes: int) -> None:
        self._file = file
        self._max_pages = max_bytes // _PAGE_BYTES
        self._connection: sqlite3.Connection | None = None

    def append(self, records: Sequence[Record]) -> None:
        """Keep the records, all or none."""
        starts = range(0, len(records), MOST_RECORDS)
        packed = [pack(records[start : start + MOST_RECORDS]) for start in starts]
        rows = [(one.oldest_received_at, one.count, one.checksum, one.content) for one in packed]
        with self._transaction() as database:
            database.executemany(
                "INSERT INTO groups (oldest_received_at, records, checksum, content) VALUES (?, ?, ?, ?)",
                rows,
            )

    def oldest(self, most_records: int, most_bytes: int = 1 << 62) -> list[Group]:
        """The first groups, in order: one at least, and not many more than so many records and bytes."""
        with self._reading() as database:
            found = database.execute(
                f"SELECT number, records FROM groups WHERE {_WAITING} ORDER BY number LIMIT ?",  # noqa: S608
                (most_records,),
            )
            groups: list[Group] = []
            for number, count in found.fetchall():
                most_records -= count
                if groups and (most_records < 0 or most_bytes < 0):
                    break
                records = _records(database, number)
                groups.append(Group(number, count, records))
                most_bytes -= sum(len(record.value) for record in records or ())
            return groups

    def remove(self, numbers: Sequence[int]) -> None:
        """Forget groups."""
        with self._transaction() as database:
            database.executemany("DELETE FROM groups WHERE number = ?", [(number,) for number in numbers])

    def set_aside(self, number: int, reason: str) -> bool:
        """Keep a group, but not among those that wait; whether it still did."""
        with self._transaction() as database:
            done = database.execute("INSERT OR IGNORE INTO quarantine VALUES (?, ?)", (number, reason))
        return done.rowcount > 0

    def drop_older(self, than: int) -> int:
        """Forget the groups whose oldest record arrived before then; how many records waited in them."""
        waiting = f"SELECT coalesce(sum(records), 0) FROM groups WHERE oldest_received_at < ? AND {_WAITING}"  # noqa: S608
        with self._transaction() as database:
            ((lost,),) = database.execute(waiting, (than,))
            database.execute("DELETE FROM groups WHERE oldest_received_at < ?", (than,))
            database.execute("DELETE FROM quarantine WHERE number NOT IN (SELECT number FROM groups)")
        if lost:
            with self._reading() as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(lost)

    def totals(self) -> Totals:
        """What waits."""
        with self._reading() as database:
            (found,) = database.execute(
                f"SELECT coalesce(sum(records), 0), min(oldest_received_at) FROM groups WHERE {_WAITING}"  # noqa: S608
            )
            return Totals(found[0], _used_pages(database) * _PAGE_BYTES, found[1])

    def has_room(self) -> bool:
        """Whether more can be kept."""
        with self._reading() as database:
            left = (self._max_pages - _used_pages(database)) * _PAGE_BYTES
            room = min(_ROOM_BYTES, self._max_pages * _PAGE_BYTES // 16)
            return left > room and shutil.disk_usage(self._file.parent).free > _ROOM_BYTES

    def shrink(self) -> None:
        """Give the disk back what is free in the file, and leave nothing readable of what was removed."""
        with self._reading() as database:
            if not _pragma(database, "freelist_count"):
                return
            ((waiting,),) = database.execute(f"SELECT count(*) FROM groups WHERE {_WAITING}")  # noqa: S608
            if not waiting:
                database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Leave the file to others."""
        connection, self._connection = self._connection, None
        if connection:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._connection is None:
                self._connection = _open(self._file, self._max_pages)
            yield self._connection
        except BaseException:
            self.close()  # rolls back
            raise


def _open(file: Path, max_pages: int) -> sqlite3.Connection:
    database = sqlite3.connect(file, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        if _pragma(database, "user_version") != VERSION:
            database.executescript(_TABLES)
        database.executescript(_SETTINGS)
        database.execute(f"PRAGMA max_page_count = {max_pages}")
    except BaseException:
        database.close()
        raise
    return database


def _records(database: sqlite3.Connection, number: int) -> list[Record] | None:
    sql = "SELECT oldest_received_at, records, content, checksum FROM groups WHERE number = ?"
    try:
        (row,) = database.execute(sql, (number,))
        return unpack(Packed(*row))
    except DamagedGroup:
        return None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT:  # its pages do not hang together
            return None
        raise


def _used_pages(database: sqlite3.Connection) -> int:
    return _pragma(database, "page_count") - _pragma(database, "freelist_count")


def _pragma(database: sqlite3.Connection, name: str) -> int:
    ((value,),) = database.execute(f"PRAGMA {name}")
    return int(value)
