"""What ClickHouse keeps of its tables beside the rows: projections, detached and replaced parts."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from clickhouse_connect.driver.client import Client

from privacy.retention.days import SHORTEST, gone_at
from privacy.retention.reading import Reach, Reading
from privacy.retention.tables import TABLES, last_drop

DETACHED = "detached parts"
_OF_A_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(?:-(\d+))?")
_PROJECTIONS = """
    SELECT partition_id, sum(rows), sum(bytes_on_disk) FROM system.projection_parts
    WHERE database = currentDatabase() AND active
    GROUP BY partition_id
"""
_DETACHED_PARTS = """
    SELECT table, name, ifNull(partition_id, ''), bytes_on_disk FROM system.detached_parts
    WHERE database = currentDatabase() AND table IN {tables:Array(String)}
"""
_REPLACED = """
    SELECT partition_id, rows, bytes_on_disk, remove_time FROM system.parts
    WHERE database = currentDatabase() AND NOT active AND rows > 0 AND table IN {tables:Array(String)}
"""
REPLACED_LIVE = timedelta(minutes=20)
"""A part that was replaced is deleted after `old_parts_lifetime`, 8 minutes; with some grace."""


class DetachedPart(NamedTuple):
    """A part that was taken out of its table."""

    table: str
    name: str
    partition: str
    """Its id; empty where the name has none."""
    bytes: int


def gone(partition: str) -> datetime | None:
    """When what a partition holds must be gone, by its id; None where that names no day.

    A partition of a week names its Monday, not what each row's tenant keeps: it counts as the shortest.
    """
    found = _OF_A_DAY.fullmatch(partition)
    if not found:
        return None
    year, month, day, retention = found.groups()
    return gone_at(date(int(year), int(month), int(day)), int(retention or SHORTEST))


def projections(reach: Reach, now: datetime) -> Reading:
    """They are inside the parts of their tables and go with them."""
    rows = reach.clickhouse().query(_PROJECTIONS).result_rows
    return _reading([(gone(partition), records, size) for partition, records, size in rows], now)


def detached(reach: Reach, now: datetime) -> Reading:
    """Parts that no table reads any more; each counts as one record."""
    parts = detached_parts(reach.clickhouse())
    unknown = ", ".join(f"{part.table}/{part.name}" for part in parts if not gone(part.partition))
    return _reading(
        [(gone(part.partition), 1, part.bytes) for part in parts],
        now,
        f"The day of {unknown} cannot be told: attach or delete it." if unknown else "",
        last_drop(reach.clickhouse(), DETACHED),
    )


def detached_parts(client: Client) -> list[DetachedPart]:
    """Those of the tables of telemetry."""
    names = [table.name for table in TABLES]
    return [DetachedPart(*row) for row in client.query(_DETACHED_PARTS, {"tables": names}).result_rows]


def replaced(reach: Reach, now: datetime) -> Reading:
    """Parts that a merge, a mutation or a drop has replaced: ClickHouse deletes them a little later."""
    rows = reach.clickhouse().query(_REPLACED, {"tables": [table.name for table in TABLES]}).result_rows
    found = [
        (removed.replace(tzinfo=UTC) + REPLACED_LIVE, records, size)
        for partition, records, size, removed in rows
        if (when := gone(partition)) and when <= now
    ]
    return _reading(found, now)


def _reading(
    found: list[tuple[datetime | None, int, int]],
    now: datetime,
    problem: str = "",
    last: datetime | None = None,
) -> Reading:
    overdue = [(records, size) for when, records, size in found if when and when <= now]
    return Reading(
        records=sum(records for _, records, _ in found),
        bytes=sum(size for _, _, size in found),
        overdue_records=sum(records for records, _ in overdue),
        overdue_bytes=sum(size for _, size in overdue),
        next_drop=min((when for when, _, _ in found if when), default=None),
        last_drop=last,
        problem=problem,
    )
