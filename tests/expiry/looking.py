"""What the stores and the views of a database hold, by day and retention, each by a question of its own."""

from collections import Counter
from datetime import date

from clickhouse_connect.driver.client import Client

from tests.expiry.simulated import Held

_KEEPS = "toUInt16(extract(tenant, '[0-9]+'))"
_ARRIVAL = "toDate(received_at, 'UTC')"
TABLES = {
    "usage_events": (_ARRIVAL, "retention_days", "count()"),
    "trace_spans": (_ARRIVAL, "retention_days", "count()"),
    "rolled_sessions": ("day", "retention_days", "sum(events)"),
    "rolled_actions": ("day", "retention_days", "sum(events)"),
    "rolled_pages": ("day", "retention_days", "sum(events)"),
    "rolled_page_weeks": ("day", "retention_days", "sum(events)"),
    "rolled_steps": ("day", "retention_days", "sum(length(times))"),
}
VIEWS = {
    "usage": (_ARRIVAL, "retention_days", "count()"),
    "spans": (_ARRIVAL, "retention_days", "count()"),
    "span_rows": (_ARRIVAL, "retention_days", "count()"),
    "usage_pieces": ("day", "retention_days", "count()"),
    "usage_sessions": ("day", _KEEPS, "sum(events)"),
    "usage_actions": ("day", _KEEPS, "sum(events)"),
    "usage_pages": ("day", _KEEPS, "sum(events)"),
    "usage_steps": ("day", _KEEPS, "count()"),
}


def held(client: Client, places: dict[str, tuple[str, str, str]]) -> dict[str, Held]:
    """All places, asked at once."""
    asked = (
        f"SELECT '{place}', {day} AS d, toUInt16({keeps}) AS r, toUInt64({count}) FROM {place} GROUP BY d, r"
        for place, (day, keeps, count) in places.items()
    )
    found: dict[str, Held] = {place: Counter() for place in places}
    for place, day, keeps, count in client.query(" UNION ALL ".join(asked)).result_rows:
        found[place][day, keeps] += count
    return found


def partitions(client: Client) -> set[tuple[date, int]]:
    """The days that have a part on the disk, projections' included, in the tables of a day's partitions."""
    rows = client.query("""
        SELECT DISTINCT toDate(substring(partition_id, 1, 8)), toUInt16(substring(partition_id, 10))
        FROM
        (
            SELECT database, table, partition_id, active, rows FROM system.parts
            UNION ALL
            SELECT database, table, partition_id, active, rows FROM system.projection_parts
        )
        WHERE database = currentDatabase() AND table IN ('usage_events', 'trace_spans')
          AND active AND rows > 0
    """).result_rows
    return {(day, days) for day, days in rows}
