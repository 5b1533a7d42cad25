"""Spans, errors and durations by service and operation, summed by the engine."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from clickhouse_connect.driver.client import Client

from queries.traces.floor import IS_ANYBODY_HIDDEN, KEPT

Key = tuple[datetime | None, str, str]
"""The beginning of a bucket of time, a service, an operation; None and '' where it was not asked by them."""

_SQL = """
    SELECT
        {keys} toUInt16(log2(greatest(duration_ns, 0) + 1) * 8) AS bucket,
        count(), countIf(status = 'error'), max(greatest(duration_ns, 0)), {is_anybody_hidden}
    FROM {rows}
    WHERE tenant = {{tenant:String}} AND kind IN {{kinds:Array(String)}} {service}
      AND {started}
      AND toDate(received_at, 'UTC') >= toDate({{since:DateTime64(6, 'UTC')}}, 'UTC') - 1
      AND {kept}
    GROUP BY {names}
"""
_STARTED = {
    "minute": """
        toStartOfMinute(started_at) >= toStartOfMinute({since:DateTime64(6, 'UTC')})
        AND toStartOfMinute(started_at) <= toStartOfMinute({until:DateTime64(6, 'UTC')})
        AND started_at < {until:DateTime64(6, 'UTC')}
    """,
    "hour": """
        toStartOfHour(started_at) >= toStartOfHour({since:DateTime64(6, 'UTC')})
        AND toStartOfHour(started_at) < {until:DateTime64(6, 'UTC')}
    """,
}
"""By the hour all expressions are those of the projection by_hour, and no other: else the table is read."""
_BY_HOUR = {"preferred_optimize_projection_name": "by_hour"}

By = Literal["minute", "hour"]


@dataclass
class Counts:
    """What the spans of one key come to; `buckets` as in buckets.py."""

    spans: int = 0
    errors: int = 0
    longest_ns: int = 0
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, bucket: int, spans: int, errors: int, longest_ns: int) -> None:
        """Add the spans of one bucket."""
        self.spans += spans
        self.errors += errors
        self.longest_ns = max(self.longest_ns, longest_ns)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + spans


def count(
    client: Client, found: MutableMapping[Key, Counts], keys: Mapping[str, str], by: By, asked: dict[str, Any]
) -> None:
    """Add to `found` what is stored; keys are `time`, `service`, `name`, each as SQL."""
    rows = client.query(counting(keys, by, asked["service"]), asked, settings=_BY_HOUR).result_rows
    if rows and rows[0][-1]:
        rows = client.query(counting(keys, by, asked["service"], "span_rows"), asked).result_rows
    known: dict[Sequence[Any], Counts] = {}
    for row in rows:
        values = tuple(row[: len(keys)])
        if values not in known:
            known[values] = found[_key(keys, values)]
        known[values].add(*row[len(keys) : -1])


def counting(keys: Mapping[str, str], by: By, service: str, rows: str = "trace_spans") -> str:
    """The statement."""
    return _SQL.format(
        keys="".join(f"{sql} AS {name}, " if name != sql else f"{sql}, " for name, sql in keys.items()),
        names=", ".join([*keys, "bucket"]),
        is_anybody_hidden=IS_ANYBODY_HIDDEN,
        rows=rows,
        service="AND service = {service:String}" if service else "",
        started=_STARTED[by],
        kept=KEPT,
    )


def _key(keys: Mapping[str, str], values: Sequence[Any]) -> Key:
    named = dict(zip(keys, values, strict=True))
    return named.get("time"), named["service"], named.get("name", "")
