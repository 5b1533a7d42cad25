"""What has passed its retention is dropped, and read back; the tables' TTL is the net below."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import NamedTuple

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from privacy.retention import backups, logs
from privacy.retention.days import day_of
from privacy.retention.parts import DETACHED, detached_parts, gone
from privacy.retention.tables import TABLES, Table

_PARTITIONS = """
    SELECT DISTINCT partition_id FROM system.parts
    WHERE database = currentDatabase() AND table = {table:String} AND active AND rows > 0
"""
_OVERDUE = """
    SELECT _partition_id, countIf({gone} <= {{today:Date}}) AS overdue
    FROM {table}
    WHERE _partition_id IN {{partitions:Array(String)}}
    GROUP BY _partition_id HAVING overdue > 0 ORDER BY _partition_id
"""
_SIZES = """
    SELECT partition_id, sum(rows), sum(bytes_on_disk) FROM system.parts
    WHERE database = currentDatabase() AND table = {table:String} AND active
    GROUP BY partition_id
"""
_DROP = "ALTER TABLE {table:Identifier} DROP PARTITION ID {id:String}"
_DELETE = "ALTER TABLE {table} DELETE WHERE {gone} <= {{today:Date}}"
_DROP_DETACHED = "ALTER TABLE {table:Identifier} DROP DETACHED PART {part:String}"
_NOTE = """
    INSERT INTO retention_drops (store, piece, records, bytes)
    VALUES ({store:String}, {piece:String}, {records:UInt64}, {bytes:UInt64})
"""


class StillThere(Exception):
    """What was dropped can still be read; the message says what."""


@dataclass(frozen=True)
class Dropped:
    """One piece that is gone."""

    store: str
    piece: str
    records: int
    bytes: int


class _Overdue(NamedTuple):
    partition: str
    rows: int


def expire(client: Client, today: date) -> Iterator[Dropped]:
    """Drop from ClickHouse what is past its retention on that UTC day; tell each piece once it is gone.

    Several instances may do it at once, and be killed at any point. Raises StillThere, ClickHouse's errors.
    """
    for table in TABLES:
        for piece in _drop(client, table, _overdue(client, table, today), today):
            note(client, piece)
            yield piece
        if left := _overdue(client, table, today):
            raise StillThere(f"{table.store} still has rows of {', '.join(one.partition for one in left)}.")
    yield from _expire_detached(client, today)


def expire_files(
    backup_dir: Path | None, log_dir: Path | None, now: datetime, note: Callable[[Dropped], None]
) -> None:
    """Delete archives of passed days, and empty logs in which nothing was written for long."""
    for file in backups.overdue(backup_dir, now) if backup_dir else ():
        note(_delete("backups", file))
    for file in logs.quiet(log_dir, now) if log_dir else ():
        size = file.stat().st_size
        with file.open("r+b") as held:  # a process may have it open
            held.truncate(0)
        note(Dropped("logs", file.name, 1, size))


def note(client: Client, dropped: Dropped) -> None:
    """Keep for the report what was dropped."""
    asked = {
        "store": dropped.store,
        "piece": dropped.piece,
        "records": dropped.records,
        "bytes": dropped.bytes,
    }
    client.command(_NOTE, asked)


def _overdue(client: Client, table: Table, today: date) -> list[_Overdue]:
    """Which partitions have how many rows that have passed; those that cannot have any are not read."""
    found = client.query(_PARTITIONS, {"table": table.name}).result_rows
    old = [partition for (partition,) in found if _may_have_passed(partition, today)]
    if not old:
        return []
    text = _OVERDUE.format(table=table.name, gone=table.gone)
    rows = client.query(text, {"today": today, "partitions": old}).result_rows
    return [_Overdue(*row) for row in rows]


def _may_have_passed(partition: str, today: date) -> bool:
    when = gone(partition)
    return when is None or day_of(when) <= today


def _drop(client: Client, table: Table, overdue: list[_Overdue], today: date) -> Iterator[Dropped]:
    """Whole partitions where one holds a day of one retention; else, in one go, the rows that have passed."""
    if not overdue:
        return
    sizes = {
        name: (rows, size) for name, rows, size in client.query(_SIZES, {"table": table.name}).result_rows
    }
    if not table.is_daily:
        delete = _DELETE.format(table=table.name, gone=table.gone)
        client.command(delete, {"today": today}, settings={"mutations_sync": 2})
    for piece in overdue:
        if table.is_daily:
            client.command(_DROP, {"table": table.name, "id": piece.partition})
        rows, size = sizes.get(piece.partition, (0, 0))
        yield Dropped(table.store, piece.partition, piece.rows, size * piece.rows // max(rows, 1))


def _expire_detached(client: Client, today: date) -> Iterator[Dropped]:
    midnight = datetime.combine(today, time(), UTC)
    for part in detached_parts(client):
        if (when := gone(part.partition)) and when <= midnight:
            with suppress(DatabaseError):  # another instance was quicker; the report tells of one that stays
                client.command(
                    _DROP_DETACHED,
                    {"table": part.table, "part": part.name},
                    settings={"allow_drop_detached": 1},
                )
                dropped = Dropped(DETACHED, f"{part.table}/{part.name}", 1, part.bytes)
                note(client, dropped)
                yield dropped


def _delete(store: str, file: Path) -> Dropped:
    size = file.stat().st_size
    file.unlink(missing_ok=True)
    with suppress(OSError):  # not empty yet
        file.parent.rmdir()
    return Dropped(store, f"{file.parent.name}/{file.name}", 1, size)
