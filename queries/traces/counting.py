"""How spans are counted: one statement over the rows, or over what the projection by_hour has of them."""

from collections.abc import Mapping, Sequence
from typing import Literal

from queries.traces.floor import IS_ANYBODY_HIDDEN, KEPT

By = Literal["minute", "hour"]

_SQL = """
    SELECT {names}, sum(failed), max(longest), mapFromArrays(groupArray(bucket), groupArray(spans)), {hidden}
    FROM
    (
        SELECT {keys}, {bucket} AS bucket, {spans} AS spans, {failed} AS failed, {longest} AS longest
        FROM {source}
        WHERE tenant = {{tenant:String}} AND kind IN {{kinds:Array(String)}} {of_service}
          AND {started} AND {since_day} AND {kept}
        GROUP BY {names}, bucket
    )
    GROUP BY {names}
"""
"""A row for each operation: to read one for each bucket takes the client a third of the whole."""
_STARTED: Mapping[By, str] = {
    "minute": """
        {minute} >= toStartOfMinute({{since:DateTime64(6, 'UTC')}})
        AND {minute} <= toStartOfMinute({{until:DateTime64(6, 'UTC')}})
        AND started_at < {{until:DateTime64(6, 'UTC')}}
    """,
    "hour": """
        {hour} >= toStartOfHour({{since:DateTime64(6, 'UTC')}})
        AND {hour} <= toStartOfHour({{until:DateTime64(6, 'UTC')}} - toIntervalMicrosecond(1))
    """,
}
_SINCE_DAY = "{day} >= toDate({{since:DateTime64(6, 'UTC')}}, 'UTC') - 1"
_OF_ROWS = {
    "minute": "toStartOfMinute(started_at)",
    "hour": "toStartOfHour(started_at)",
    "bucket": "toUInt16(log2(greatest(duration_ns, 0) + 1) * 8)",
    "spans": "count()",
    "failed": "countIf(status = 'error')",
    "longest": "max(greatest(duration_ns, 0))",
    "day": "toDate(received_at, 'UTC')",
    "kept": KEPT,
}
_OF_PROJECTION = {
    "hour": "`toStartOfHour(started_at)`",
    "bucket": "`toUInt16(multiply(log2(plus(greatest(duration_ns, 0), 1)), 8))`",
    "spans": "countMerge(`count()`)",
    "failed": "countIfMerge(`countIf(equals(status, 'error'))`)",
    "longest": "maxMerge(`max(greatest(duration_ns, 0))`)",
    "day": "_partition_value.1",
    "kept": "_partition_value.1 > toDate(now(), 'UTC') - _partition_value.2",
}
"""Its day and retention are those of its partition, by which alone the engine leaves out parts of it."""
_PROJECTION = "mergeTreeProjection(currentDatabase(), trace_spans, by_hour)"
"""As a table of its own (projected.py)."""


def counting(
    keys: Sequence[str],
    by: By,
    *,
    is_of_service: bool = False,
    of_table: bool = False,
    table: str = "trace_spans",
) -> str:
    """The statement: of the projection, of the rows, or with `of_table` of what the planner chooses."""
    is_of_projection = by == "hour" and not of_table and table == "trace_spans"
    columns = _OF_PROJECTION if is_of_projection else _OF_ROWS
    return _SQL.format(
        **columns,
        names=", ".join(keys),
        keys=", ".join(f"{columns[name]} AS {name}" if name in columns else name for name in keys),
        hidden=IS_ANYBODY_HIDDEN,
        source=_PROJECTION if is_of_projection else table,
        of_service="AND service = {service:String}" if is_of_service else "",
        started=_STARTED[by].format(**columns),
        since_day=_SINCE_DAY.format(**columns),
    )
