"""What ClickHouse holds of the telemetry: each table's rows, parts, bytes and days, and what is overdue."""

import re
from dataclasses import dataclass
from datetime import date

from clickhouse_connect.driver.client import Client

from sql.runner import read_migrations

_CREATED = re.compile(r"^CREATE (?:TABLE|VIEW|MATERIALIZED VIEW) (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)
_RATE_SECONDS = 60

_TABLES = """
    SELECT name FROM system.tables
    WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND (database, name) IN (
        SELECT database, table FROM system.columns WHERE name = 'received_at'
    )
    ORDER BY name
"""
_PARTS = """
    SELECT
        sum(rows), count(), sum(bytes_on_disk), minOrNull(day), maxOrNull(day),
        uniqExactIf(day, day + retention_days <= toDate(now(), 'UTC'))
    FROM (
        SELECT
            rows, bytes_on_disk,
            toDateOrNull(extract(partition, '\\d{4}-\\d{2}-\\d{2}')) AS day,
            toUInt16OrNull(extract(partition, ',(\\d+)\\)$')) AS retention_days
        FROM system.parts
        WHERE active AND rows > 0 AND database = currentDatabase() AND table = {table:String}
    )
"""
_ARRIVED = """
    SELECT count() FROM {table:Identifier}
    WHERE received_at > now64(3, 'UTC') - toIntervalSecond({seconds:UInt16})
"""


@dataclass(frozen=True)
class TableStatus:
    """One table of telemetry. Days are UTC; a partition holds one day of one retention."""

    name: str
    rows: int
    parts: int
    bytes: int
    """On the disk, projections included."""
    oldest_day: date | None
    newest_day: date | None
    overdue_days: int
    """Days that are still stored though their retention has passed; must be 0."""
    rows_per_second: float
    """Of what arrived at the collector within the last minute and is stored."""


def tables(client: Client) -> list[TableStatus]:
    """Every table that holds telemetry, by name."""
    return [_table(client, name) for (name,) in client.query(_TABLES).result_rows]


def _table(client: Client, name: str) -> TableStatus:
    rows, parts, size, oldest, newest, overdue = client.query(_PARTS, {"table": name}).result_rows[0]
    arrived = client.query(_ARRIVED, {"table": name, "seconds": _RATE_SECONDS}).result_rows[0][0]
    return TableStatus(name, rows, parts, size, oldest, newest, overdue, arrived / _RATE_SECONDS)


def missing_tables(client: Client) -> list[str]:
    """Tables and views that the migrations create and the database lacks."""
    declared = [name for migration in read_migrations() for name in _CREATED.findall(migration.text)]
    found = client.query("SELECT name FROM system.tables WHERE database = currentDatabase()").result_rows
    return sorted({*declared} - {name for (name,) in found})
