"""How much the product is used: events, users and sessions, by any of the fields, over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.usage.fields import FIELDS
from queries.usage.filters.tree import Filter, fields_of
from queries.usage.scope import scope
from queries.usage.sources import CountedSource, source_for
from queries.usage.statement import Statement
from queries.usage.window import Bucket, Interval, Window, bucket_of, bucket_sql

DIMENSIONS = ("tenant", *(name for name in FIELDS if name not in ("user", "session")))
"""What an analyst may ask by."""
_VALUES = 20
"""As many actions or pages as a bucket of time is taken to have."""


class UnknownDimension(ValueError):
    """Asked by something that no event has; the message lists what there is."""


@dataclass(frozen=True)
class UsageQuestion:
    """Whose usage (everybody's where it is None), when, by what, over what interval, of which events."""

    tenant: str | None
    window: Window
    by: Sequence[str] = ()
    interval: Interval | None = None
    bots: bool = False
    where: Filter | None = None
    limit: int = 1_000

    @property
    def source(self) -> CountedSource:
        """What it is read from; raises UnknownDimension."""
        for name in self.by:
            if name not in DIMENSIONS:
                raise UnknownDimension(f"{name!r} is none of: {', '.join(DIMENSIONS)}.")
        asked = {"bot", *self.by, *(fields_of(self.where) if self.where else ())} - {"tenant"}
        return source_for(asked, self.window, self.interval)

    @property
    def is_cut(self) -> bool:
        """Whether lines are likely to be left out, and a line is dear: then they are found without counting.

        To merge the sketches of a line takes longer than to find it out.
        """
        if not self.interval or not self.by or self.source.is_exact:
            return False
        return len(self.window.buckets(self.interval)) * _VALUES > self.limit


@dataclass(frozen=True)
class UsageRow:
    """One line of the answer; without an interval there is no bucket."""

    bucket: Bucket | None
    values: tuple[str, ...]
    events: int
    users: int
    sessions: int


def usage(client: Client, question: UsageQuestion) -> list[UsageRow]:
    """Answer, in the order of time and then of volume; raises UnknownDimension.

    Users and sessions are exact where the source counts so many exactly: CountedSource.counts_exactly.
    """
    interval, window = question.interval, question.window
    rows = statement(question).rows(client)
    if not interval:
        return [UsageRow(None, _texts(row[:-3]), *row[-3:]) for row in rows]
    buckets = {bucket.start.timestamp(): bucket for bucket in window.buckets(interval)}
    return [
        UsageRow(buckets[bucket_of(row[0], interval, window.zone).timestamp()], _texts(row[1:-3]), *row[-3:])
        for row in rows
    ]


def statement(question: UsageQuestion) -> Statement:
    """The question as SQL; raises UnknownDimension."""
    source, interval = question.source, question.interval
    keys = ["tenant" if name == "tenant" else source.fields[name] for name in question.by]
    if interval:
        keys.insert(0, bucket_sql(source.time, interval))
    scoped = scope(question, source)
    positions = [str(number) for number in range(1, len(keys) + 1)]
    order = ["1"] * bool(interval) + [f"{source.events} DESC"] + positions[bool(interval) :]
    rows = f"FROM {source.view} WHERE {scoped.sql}"
    first = f"""{"GROUP BY " + ", ".join(positions) if keys else ""}
        HAVING {source.events} > 0
        ORDER BY {", ".join(order)}
        LIMIT {{limit:UInt32}}"""
    names = ", ".join(keys)
    if question.is_cut:
        rows += f"\n          AND ({names}) IN (SELECT {names} {rows}\n        {first})"
    sql = f"""
        SELECT {", ".join([*keys, source.events, source.users, source.sessions])}
        {rows}
        {first}
    """
    return Statement(sql, {**scoped.parameters, "limit": question.limit})


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
