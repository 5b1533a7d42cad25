"""Ninety days to look at from the first minute on: stored once a data directory, past collector and Kafka.

The consumer rightly refuses stamps as old as these, so the rows go where its own INSERTs go: into the landing
table, as an Avro container a week, under the id that `local/demo/clock.py` explains.
"""

import os
import sys
import time
from dataclasses import dataclass
from datetime import date

from clickhouse_connect.driver.client import Client

from local.demo import records
from local.demo.clock import BACKFILL, CLAIM, DemoClock, monday
from local.demo.past import Past
from local.demo.story import DAYS
from local.demo.tenants import TENANTS
from runtime.clickhouse import connect
from runtime.pseudonyms import read_keys, today
from runtime.settings import ClickHouseSettings, TenantSettings, load

_SETTINGS = {"async_insert": 0, "wait_end_of_query": 1}
_CLAIM = (
    "INSERT INTO fence (topic_id, kafka_partition, epoch, claim)"
    " SELECT unhex({id:String}), 0, 1, {claim:Int64}"
)
_OLDEST = (
    "SELECT count(), min(toDate(received_at, 'UTC')) FROM usage_events WHERE topic_id = unhex({id:String})"
)


@dataclass(frozen=True, kw_only=True)
class BackfillSettings(ClickHouseSettings, TenantSettings):
    """Where the rows go, and how users become pseudonyms."""


def backfill(client: Client, clock: DemoClock, past: Past) -> int:
    """Store the weeks that are older than all that is stored already; gives the number of events stored.

    The newest week comes first, and one INSERT holds one week: the rows say how far an earlier run came.
    """
    oldest = _oldest_stored_week(client)
    client.command(_CLAIM, {"id": BACKFILL.hex, "claim": CLAIM})
    events = 0
    for week in clock.weeks():
        if oldest is None or monday(week[0]) < oldest:
            events += _store(client, past, week)
    return events


def _store(client: Client, past: Past, week: list[date]) -> int:
    deliveries = [delivery for day in week for delivery in past.deliveries(day)]
    if deliveries:
        body = records.container([delivery.record for delivery in deliveries])
        client.raw_insert("usage_batches", records.COLUMNS, body.pieces, _SETTINGS, "Avro")
    return sum(delivery.events for delivery in deliveries)


def _oldest_stored_week(client: Client) -> date | None:
    ((rows, oldest),) = client.query(_OLDEST, {"id": BACKFILL.hex}).result_rows
    return monday(oldest) if rows else None


def main() -> None:
    """Store what is missing, out of the way of the other processes, and say in one line what was stored."""
    os.nice(10)
    settings = load(BackfillSettings, os.environ)
    clock = DemoClock(now=time.time_ns() // 1_000_000)
    day, found = today(), read_keys(settings.pseudonym_keys_file)
    past = Past(clock, TENANTS, {tenant: keys.current(day) for tenant, keys in found.items()})
    events = backfill(connect(settings), clock, past)
    if events:
        sys.stdout.write(f"{events:,} invented events of the last {DAYS} days\n")


if __name__ == "__main__":
    main()
