"""Spans, errors and durations by service and operation, summed by the engine."""

from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces import projected
from queries.traces.counting import By, counting
from queries.traces.places import SCAN

Key = tuple[datetime | None, str, str]
"""The beginning of a bucket of time, a service, an operation; None and '' where it was not asked by them."""

_OF_HOURS = {"preferred_optimize_projection_name": "by_hour", "optimize_move_to_prewhere": 0}
"""The first, where the planner chooses. The second: nearly every row of the hours is counted."""


@dataclass
class Counts:
    """What the spans of one key come to; `buckets` as in buckets.py."""

    errors: int = 0
    longest_ns: int = 0
    buckets: Counter[int] = field(default_factory=Counter)

    @property
    def spans(self) -> int:
        """How many there are."""
        return self.buckets.total()

    def add(self, errors: int, longest_ns: int, buckets: Mapping[int, int]) -> None:
        """Add some more."""
        self.errors += errors
        self.longest_ns = max(self.longest_ns, longest_ns)
        self.buckets.update(buckets)


def count(
    client: Client, found: MutableMapping[Key, Counts], keys: Sequence[str], by: By, asked: dict[str, Any]
) -> None:
    """Add to `found` what is stored; keys are `hour` or `minute`, `service`, `name`."""
    is_of_service = bool(asked["service"])

    def statement(*, of_table: bool) -> tuple[str, dict[str, Any]]:
        return counting(keys, by, is_of_service=is_of_service, of_table=of_table), asked

    if by == "hour":
        rows = projected.ask(client, statement, _OF_HOURS)
    else:
        rows = client.query(*statement(of_table=True), settings=SCAN).result_rows
    if rows and rows[0][-1]:
        sql = counting(keys, by, is_of_service=is_of_service, table="span_rows")
        rows = client.query(sql, asked, settings=SCAN).result_rows
    for row in rows:
        found[_key(keys, row)].add(*row[len(keys) : -1])


def _key(keys: Sequence[str], row: Sequence[Any]) -> Key:
    named = dict(zip(keys, row, strict=False))
    return named.get("hour", named.get("minute")), named["service"], named.get("name", "")
