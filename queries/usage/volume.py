"""How much a tenant's product is used: events, users and sessions, by any of the dimensions, over time."""

from collections.abc import Sequence
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

DIMENSIONS = {
    "action": "name",
    "kind": "kind",
    "page": "page",
    "browser": "browser",
    "browser_version": "browser_version",
    "system": "os",
    "system_version": "os_version",
    "device": "device",
    "country": "country",
    "region": "region",
    "city": "city",
    "language": "language",
    "release": "release",
}
"""What an analyst may ask by, and the column of the view `usage` that holds it."""

INTERVALS = {
    "hour": "formatDateTime(toStartOfHour(received_at), '%Y-%m-%dT%H:%iZ', 'UTC')",
    "day": "toString(toDate(received_at, 'UTC'))",
    "week": "toString(toDate(toStartOfWeek(received_at, 1, 'UTC')))",
    "month": "toString(toStartOfMonth(received_at, 'UTC'))",
}
"""How time may be cut (UTC, by arrival), and the expression of a bucket's start in ISO 8601."""


class UnknownDimension(ValueError):
    """Asked by something that no event has; the message lists what there is."""


@dataclass(frozen=True)
class UsageQuestion:
    """Whose usage, how far back (calendar days, today included), by what, over what interval."""

    tenant: str
    days: int = 7
    by: Sequence[str] = ()
    interval: str | None = None
    bots: bool = False
    limit: int = 1_000


@dataclass(frozen=True)
class UsageRow:
    """One line of the answer; the bucket is its start in ISO 8601, None without an interval."""

    bucket: str | None
    values: tuple[str, ...]
    events: int
    users: int
    sessions: int


def usage(client: Client, question: UsageQuestion) -> list[UsageRow]:
    """Answer, in the order of time and then of volume; raises UnknownDimension."""
    keys = _keys(question)
    columns = ["events", "users", "sessions"]
    order = (["bucket"] if question.interval else []) + ["events DESC"] + list(question.by)
    sql = f"""
        SELECT {", ".join([*keys, *_COUNTS])}
        FROM usage
        WHERE tenant = {{tenant:String}}
          AND toDate(received_at, 'UTC') > toDate(now(), 'UTC') - {{days:UInt16}}
          AND ({{bots:Bool}} OR NOT is_bot)
        {"GROUP BY " + ", ".join(str(n) for n in range(1, len(keys) + 1)) if keys else ""}
        {"HAVING events > 0" if not keys else ""}
        ORDER BY {", ".join(order)}
        LIMIT {{limit:UInt32}}
    """  # noqa: S608  every piece of the text stands in this module; what is asked travels as parameters
    parameters = {
        "tenant": question.tenant,
        "days": question.days,
        "bots": question.bots,
        "limit": question.limit,
    }
    rows = client.query(sql, parameters).result_rows
    first = 1 if question.interval else 0
    last = len(keys)
    return [
        UsageRow(
            bucket=row[0] if question.interval else None,
            values=tuple(row[first:last]),
            **dict(zip(columns, row[last:], strict=True)),
        )
        for row in rows
    ]


_COUNTS = (
    "count() AS events",
    "uniqExactIf(user_id, user_id != '') AS users",
    "uniqExactIf(session_id, session_id != '') AS sessions",
)


def _keys(question: UsageQuestion) -> list[str]:
    unknown = [name for name in question.by if name not in DIMENSIONS]
    if unknown:
        raise UnknownDimension(f"{unknown[0]!r} is none of: {', '.join(DIMENSIONS)}.")
    keys = [f"{DIMENSIONS[name]} AS `{name}`" for name in question.by]
    if question.interval:
        keys.insert(0, f"{INTERVALS[question.interval]} AS bucket")
    return keys
