"""Backups by ClickHouse's own BACKUP: an archive for each day and retention, which goes as the day goes.

They lie on ClickHouse's disk `backups`, as `DATABASE/TABLE/PARTITION/MADE_AT-ROWS-STATE.tar`; one that is
not whole is named `.unfinished.tar`. Rolled-up days are not among them: `sillage jobs` makes them again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from clickhouse_connect.driver.client import Client

from privacy.retention.parts import gone
from privacy.retention.tables import DAILY

_NAME = re.compile(r"(\d{8}T\d{6}Z)-(\d+)-(\d+)\.tar")
_FOLDER = re.compile(rf"\w+/(?:{'|'.join(DAILY)})/\d{{8}}-\d+")
_UNFINISHED = ".unfinished.tar"
_PARTITIONS = """
    SELECT partition_id, sum(rows), groupBitXor(cityHash64(hash_of_uncompressed_files)) FROM system.parts
    WHERE database = currentDatabase() AND table = {table:String} AND active AND rows > 0
    GROUP BY partition_id ORDER BY partition_id
"""
# BACKUP and RESTORE take no placeholders: the names are of _FOLDER's form, and quoted.
_BACKUP = "BACKUP TABLE `{table}` PARTITION ID '{partition}' TO Disk('backups', '{name}')"
_RESTORE = """
    RESTORE TABLE `{database}`.`{table}` AS `{table}` FROM Disk('backups', '{name}')
    SETTINGS allow_non_empty_tables = true
"""


@dataclass(frozen=True)
class Archive:
    """One whole archive."""

    file: Path
    database: str
    table: str
    partition: str
    """The partition's id: a day and a retention."""
    made_at: datetime
    rows: int
    state: int
    """A hash of the parts' files: it tells that rows were rewritten, as by erasure, or parts merged."""

    @property
    def day(self) -> date:
        """The UTC day of arrival."""
        return datetime.strptime(self.partition[:8], "%Y%m%d").replace(tzinfo=UTC).date()


@dataclass(frozen=True)
class Step:
    """What was done with one day of one table."""

    table: str
    partition: str
    rows: int
    done: str
    """`made`, `unchanged`; or `restored`, `expired`, `occupied`: a restore would double what is there."""


def archives(directory: Path) -> list[Archive]:
    """Those that are whole, the newest of a day last."""
    return sorted(filter(None, map(_archive, directory.glob("*/*/*/*.tar"))), key=lambda one: str(one.file))


def back_up(client: Client, directory: Path) -> Iterator[Step]:
    """Make an archive of each day that has changed since its last one, which goes.

    One that was cut off leaves a day with its earlier archive or none. Raises ClickHouse's errors.
    """
    kept = {(one.table, one.partition): one for one in archives(directory) if one.database == client.database}
    for table in DAILY:
        for partition, rows, state in client.query(_PARTITIONS, {"table": table}).result_rows:
            before = kept.get((table, partition))
            if before and (before.rows, before.state) == (rows, state):
                yield Step(table, partition, rows, "unchanged")
                continue
            made = _make(client, directory, table, partition, f"{rows}-{state}")
            for file in made.parent.glob("*"):
                if file != made:
                    file.unlink(missing_ok=True)
            yield Step(table, partition, rows, "made")


def restore(
    client: Client, directory: Path, database: str, now: datetime, replace: frozenset[date] = frozenset()
) -> Iterator[Step]:
    """Bring back each day of that database that this one lacks, and those to `replace`, whatever they have.

    What has passed its retention is deleted instead. Raises ClickHouse's errors.
    """
    latest = {(one.table, one.partition): one for one in archives(directory) if one.database == database}
    for archive in latest.values():
        yield Step(archive.table, archive.partition, archive.rows, _restore(client, archive, now, replace))


def forget(directory: Path, database: str, table: str, partition: str) -> None:
    """Delete a day's archives: for when rows of it were erased."""
    for file in (directory / database / table / partition).glob("*"):
        file.unlink(missing_ok=True)


def _make(client: Client, directory: Path, table: str, partition: str, held: str) -> Path:
    there = f"{client.database}/{table}/{partition}"
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{held}"
    unfinished = directory / there / (stem + _UNFINISHED)
    unfinished.unlink(missing_ok=True)
    client.command(_BACKUP.format(table=table, partition=partition, name=f"{there}/{unfinished.name}"))
    return unfinished.rename(unfinished.with_name(f"{stem}.tar"))


def _restore(client: Client, archive: Archive, now: datetime, replace: frozenset[date]) -> str:
    if (when := gone(archive.partition)) and when <= now:
        archive.file.unlink(missing_ok=True)
        return "expired"
    here = {name for name, *_ in client.query(_PARTITIONS, {"table": archive.table}).result_rows}
    if archive.partition in here:
        if archive.day not in replace:
            return "occupied"
        asked = {"table": archive.table, "id": archive.partition}
        client.command("ALTER TABLE {table:Identifier} DROP PARTITION ID {id:String}", asked)
    name = "/".join(archive.file.parts[-4:])
    client.command(_RESTORE.format(database=archive.database, table=archive.table, name=name))
    return "restored"


def _archive(file: Path) -> Archive | None:
    found = _NAME.fullmatch(file.name)
    if not found or not _FOLDER.fullmatch("/".join(file.parts[-4:-1])):
        return None
    database, table, partition = file.parts[-4:-1]
    made_at = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return Archive(file, database, table, partition, made_at, int(found[2]), int(found[3]))
