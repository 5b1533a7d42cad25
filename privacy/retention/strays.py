"""What ClickHouse keeps and no inventory lists, and what it logs of its own work."""

from datetime import UTC, datetime, timedelta

from clickhouse_connect.driver.client import Client

from privacy.retention.reading import Reach, Reading
from privacy.retention.tables import TABLES, WITHOUT_TELEMETRY

LOGS_KEPT = timedelta(days=30)
_KEEPS_NOTHING = ("View", "MaterializedView", "Null", "Merge", "Alias", "Distributed")
_STRAYS = """
    SELECT concat(database, '.', name) FROM system.tables
    WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
      AND engine NOT IN {engines:Array(String)} AND NOT is_temporary
      AND NOT (database = currentDatabase() AND name IN {known:Array(String)})
      AND
      (
          database = currentDatabase() OR (database, name) IN
          (
              SELECT database, table FROM system.columns
              WHERE name IN ('received_at', 'tenant', 'user_id', 'session_id', 'trace_id', 'event_id')
          )
      )
    ORDER BY 1
"""
_IN_DATABASE = _STRAYS.replace("ORDER BY 1", "AND database = currentDatabase() ORDER BY 1")
_LOGS = """
    SELECT name FROM system.tables
    WHERE database = 'system' AND engine LIKE '%MergeTree' AND name LIKE '%\\_log%'
"""
_ENTRIES = """
    SELECT toDateTime(min(event_time), 'UTC'), count(), countIf(event_time < {due:DateTime})
    FROM system.{table:Identifier}
"""
_LOG_BYTES = """
    SELECT sum(bytes_on_disk) FROM system.parts
    WHERE database = 'system' AND table IN {tables:Array(String)} AND active
"""


def in_database(client: Client) -> list[str]:
    """Tables of Sillage's database that no inventory lists."""
    return _named(client, _IN_DATABASE)


def strays(reach: Reach, _: datetime) -> Reading:
    """Tables that could hold telemetry: any other in Sillage's database, elsewhere those with its columns."""
    found = _named(reach.clickhouse(), _STRAYS)
    return Reading(
        records=len(found),
        problem=f"In no inventory: {', '.join(found)}. Drop it, or nothing says when its rows go."
        if found
        else "",
    )


def _named(client: Client, sql: str) -> list[str]:
    known = [*(table.name for table in TABLES), *WITHOUT_TELEMETRY]
    asked = {"engines": list(_KEEPS_NOTHING), "known": known}
    return [name for (name,) in client.query(sql, asked).result_rows]


def server_logs(reach: Reach, now: datetime) -> Reading:
    """`system.query_log` and its like, which may quote a question; each row counts as one record."""
    client = reach.clickhouse()
    names = [name for (name,) in client.query(_LOGS).result_rows]
    due = (now - LOGS_KEPT).astimezone(UTC).replace(tzinfo=None)
    rows = [client.query(_ENTRIES, {"table": name, "due": due}).result_rows[0] for name in names]
    oldest = min((when.replace(tzinfo=UTC) for when, count, _ in rows if count), default=None)
    late = sum(overdue for *_, overdue in rows)
    return Reading(
        oldest_received_at=oldest,
        records=sum(count for _, count, _ in rows),
        bytes=client.query(_LOG_BYTES, {"tables": names}).result_rows[0][0],
        overdue_records=late,
        next_drop=oldest + LOGS_KEPT if oldest else None,
        problem="Give the server's logs a TTL: docs/privacy/retention.md." if late else "",
    )
