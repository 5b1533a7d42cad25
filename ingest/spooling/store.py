"""What the spool asks of its database. Every call blocks; worker processes share the file."""

import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.record import Record
from ingest.spooling.database import Database, pragma, used_bytes
from ingest.spooling.group import MOST_RECORDS, DamagedGroup, Group, Packed, pack, unpack

_ROOM_BYTES = 16 << 20
"""With less left than this, on the disk or below a limit that is large, there is no room."""
_KEEP = "INSERT INTO groups (oldest_received_at, records, checksum, content) VALUES (?, ?, ?, ?)"
_KEEP_ONLY = (
    "UPDATE groups SET oldest_received_at = ?, records = ?, checksum = ?, content = ? WHERE number = ?"
)
_READ = "SELECT oldest_received_at, records, content, checksum FROM groups WHERE number = ?"
_WAITING = "FROM groups WHERE number NOT IN (SELECT number FROM quarantine)"
_FIRST = f"SELECT number, records {_WAITING} ORDER BY number LIMIT ?"
_TOTALS = f"SELECT coalesce(sum(records), 0), min(oldest_received_at) {_WAITING}"
_KEPT_SINCE = "SELECT min(oldest_received_at) FROM groups"
_OLDER = f"SELECT coalesce(sum(records), 0) {_WAITING} AND oldest_received_at < ?"


@dataclass(frozen=True)
class Totals:
    """What waits for Kafka now."""

    records: int
    bytes: int
    """Of the file, what is in use."""
    oldest_received_at: int | None
    """Of what waits, Unix milliseconds."""
    kept_since: int | None
    """The same of all that is in the file, what was set aside too."""


class Store:
    """The groups in one file. Raises sqlite3.Error as `Database` does."""

    def __init__(self, file: Path, max_bytes: int) -> None:
        self._database = Database(file, max_bytes)
        self.close = self._database.close

    def append(self, records: Sequence[Record]) -> None:
        """Keep the records, all or none; they are on the disk when it returns."""
        starts = range(0, len(records), MOST_RECORDS)
        rows = [_row(records[start : start + MOST_RECORDS]) for start in starts]
        with self._database.transaction() as connection:
            connection.executemany(_KEEP, rows)

    def oldest(self, most_records: int, most_bytes: int = 1 << 62) -> list[Group]:
        """The first groups, in order: one at least, and not many more than so many records and bytes."""
        groups: list[Group] = []
        with self._database.connected() as connection:
            for number, count in connection.execute(_FIRST, (most_records,)).fetchall():
                most_records -= count
                if groups and (most_records < 0 or most_bytes < 0):
                    break
                try:
                    records = _records(connection, number)
                except LookupError:  # another process has drained it meanwhile
                    continue
                groups.append(Group(number, count, records))
                most_bytes -= sum(len(record.value) for record in records or ())
        return groups

    def remove(self, numbers: Sequence[int]) -> None:
        """Forget groups."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM groups WHERE number = ?", [(number,) for number in numbers])

    def keep_only(self, number: int, records: Sequence[Record]) -> None:
        """Leave of a group these records alone."""
        row = _row(records)
        with self._database.transaction() as connection:
            connection.execute(_KEEP_ONLY, (*row, number))

    def set_aside(self, number: int, reason: str) -> bool:
        """Keep a group, but not among those that wait; whether it still did."""
        with self._database.transaction() as connection:
            done = connection.execute("INSERT OR IGNORE INTO quarantine VALUES (?, ?)", (number, reason))
        return done.rowcount > 0

    def drop_older(self, than: int) -> int:
        """Forget the groups whose oldest record arrived before then; how many records waited in them."""
        with self._database.transaction() as connection:
            ((lost,),) = connection.execute(_OLDER, (than,))
            connection.execute("DELETE FROM groups WHERE oldest_received_at < ?", (than,))
            connection.execute("DELETE FROM quarantine WHERE number NOT IN (SELECT number FROM groups)")
        if lost:
            with self._database.connected() as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(lost)

    def totals(self) -> Totals:
        """What waits."""
        with self._database.connected() as connection:
            ((records, oldest),) = connection.execute(_TOTALS)
            ((kept_since,),) = connection.execute(_KEPT_SINCE)
            return Totals(records, used_bytes(connection), oldest, kept_since)

    def has_room(self) -> bool:
        """Whether more can be kept."""
        with self._database.connected() as connection:
            left = self._database.max_bytes - used_bytes(connection)
        free = shutil.disk_usage(self._database.file.parent).free
        return left > min(_ROOM_BYTES, self._database.max_bytes // 16) and free > _ROOM_BYTES

    def shrink(self) -> None:
        """Once nothing waits, give back what is free in the file, and leave nothing to be read there."""
        with self._database.connected() as connection:
            if not pragma(connection, "freelist_count"):
                return
            ((waiting,),) = connection.execute(f"SELECT count(*) {_WAITING}")
            if not waiting:
                connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _row(records: Sequence[Record]) -> tuple[int, int, int, bytes]:
    """As `_KEEP` and `_KEEP_ONLY` take it."""
    packed = pack(records)
    return packed.oldest_received_at, packed.count, packed.checksum, packed.content


def _records(connection: sqlite3.Connection, number: int) -> list[Record] | None:
    try:
        row = connection.execute(_READ, (number,)).fetchone()
        if row is None:
            raise LookupError(number)
        return unpack(Packed(*row))
    except DamagedGroup:
        return None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT:  # its pages do not hang together
            return None
        raise
