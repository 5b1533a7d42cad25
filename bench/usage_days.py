"""The days of bench/usage_table.sql: how many events each has, and how they are stored."""

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from clickhouse_connect.driver.client import Client

DAYS, EVENTS_A_BATCH = 90, 12.0
FILL = Path(__file__).with_name("usage_table.sql").read_text("utf-8")
_BUSY = (1.15, 1.2, 1.2, 1.15, 1.05, 0.6, 0.65)
"""How a week's days share its events, Monday first."""
_CLAIM = "INSERT INTO fence (topic_id, kafka_partition, epoch, claim) VALUES ('bench topic id..', 0, 1, 1)"


def fill(client: Client, size: int) -> None:
    """Ninety days with so many events, the last of them today; nothing where events are there already."""
    if client.query("SELECT count() FROM usage_events").result_rows[0][0]:
        return
    claim(client)
    today, offset = datetime.now(UTC).date(), 0
    for back in range(DAYS - 1, -1, -1):
        day = today - timedelta(days=back)
        offset += fill_day(client, day, size, offset)
        print(f"\r{size:,} rows: {day} is stored", end="", file=sys.stderr)
    print(file=sys.stderr)


def claim(client: Client) -> None:
    """Let these rows be stored: the fence asks who inserts them."""
    client.command(_CLAIM)


def fill_day(client: Client, day: date, size: int, offset: int, table: str = "usage_batches") -> int:
    """Insert a day's batches, where ninety days have so many events; gives how many there are.

    `offset` is that of the first one's record.
    """
    batches = int(size / EVENTS_A_BATCH / DAYS * _BUSY[day.weekday()])
    sql = FILL.replace("INSERT INTO usage_batches", f"INSERT INTO {table}", 1)
    client.command(sql, {"day": day, "batches": batches, "offset": offset})
    return batches
