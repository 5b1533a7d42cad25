"""A database whose views read a clock that the test sets, and the traffic that comes by it.

The days that are simulated lie ahead of the engine's own clock, so that the tables' TTL never helps: what
goes is what our own job drops, and what is hidden is what the views' floor hides.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from clickhouse_connect.driver.client import Client

from tests.conftest import Stack
from tests.queries.databases import own_database

RETENTIONS = (7, 14, 30, 60, 90)
_CLOCK = "(SELECT max(shown) FROM clock)"
Held = Counter[tuple[date, int]]
"""Rows by day of arrival and retention."""


@contextlib.contextmanager
def simulated_database(stack: Stack) -> Iterator[Client]:
    """Migrated; each `now()` of its views is the clock's. Those that ask none of it are made anew too."""
    with own_database(stack) as (_, client):
        client.command("CREATE TABLE clock (shown DateTime('UTC')) ENGINE = Memory")
        views = client.query(
            "SELECT name, as_select FROM system.tables "
            "WHERE database = currentDatabase() AND engine = 'View' AND position(as_select, 'now()') > 0"
        ).result_rows
        set_clock(client, datetime.now(UTC))
        for name, select in views:
            assert "now()" not in select.replace("toDate(now(), 'UTC')", ""), (
                f"{name} reads more than the day"
            )
            client.command(f"CREATE OR REPLACE VIEW {name} AS {select.replace('now()', _CLOCK)}")
        yield client


def set_clock(client: Client, now: datetime) -> None:
    """It must be later than before."""
    client.command("INSERT INTO clock VALUES ({now:DateTime})", {"now": now.replace(tzinfo=None)})


def arrive(client: Client, day: date) -> Held:
    """A day's traffic: an event and a span an hour of a tenant of each retention."""
    midnight = datetime.combine(day, time(), UTC)
    rows = [
        (at, at, f"keeps {days}", days, "invoice.sent", "/invoices", f"{days:032x}", f"s{days}")
        for at in (midnight + timedelta(hours=hour, minutes=59, seconds=59) for hour in range(24))
        for days in RETENTIONS
    ]
    columns = [
        "received_at",
        "occurred_at",
        "tenant",
        "retention_days",
        "name",
        "page",
        "user_id",
        "session_id",
    ]
    client.insert("usage_events", rows, column_names=columns)
    client.insert(
        "trace_spans",
        [row[:4] for row in rows],
        column_names=["received_at", "started_at", "tenant", "retention_days"],
    )
    return Counter({(day, days): 24 for days in RETENTIONS})


def expected(arrived: Held, now: datetime) -> Held:
    """What must be there still, by nothing but the calendar."""
    today = now.astimezone(UTC).date()
    return Counter(
        {(day, days): count for (day, days), count in arrived.items() if today < day + timedelta(days)}
    )
