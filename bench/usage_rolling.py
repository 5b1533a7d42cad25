"""What rolling up adds to what events cost: a week of them, inserted as a consumer does, and rolled up then.

The events are those of bench/usage_table.sql, at the density of so many in ninety days. They come through
HTTP as Avro, 50,000 an INSERT, and each day is merged to one part, as the engine does with a past day.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from clickhouse_connect.driver.client import Client

from bench.processes import Measured, migrated_clickhouse
from bench.result import Result
from bench.usage_days import EVENTS_A_BATCH, claim, fill_day
from jobs.roll_up import roll_up
from privacy.retention.tables import ROLLS

_PORT_BASE = 8_480
_BATCHES_AN_INSERT = int(50_000 / EVENTS_A_BATCH)
_SETTINGS = {"async_insert": 0}
_MERGED = "OPTIMIZE TABLE {table:Identifier} FINAL SETTINGS optimize_skip_merged_partitions = 1"
_STORED = "SELECT count(), uniqExact(kafka_offset) FROM usage_events"
_LANDING = """
    SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'usage_batches'
"""


def rolling(directory: Path, rows: int) -> Iterator[Result]:
    """CPU of the engine an event, in microseconds: inserted and merged, rolled up and merged."""
    with migrated_clickhouse(directory, _PORT_BASE) as (engine, client):
        claim(client)
        client.command("CREATE TABLE prepared AS usage_batches ENGINE = Memory")
        inserted, offset = 0.0, 0
        for day in _last_week():
            first, offset = offset, offset + fill_day(client, day, rows, offset, "prepared")
            bodies = list(_bodies(client, range(first, offset, _BATCHES_AN_INSERT)))
            client.command("TRUNCATE TABLE prepared")
            _until_quiet(engine)
            began = engine.cpu_seconds()
            for body in bodies:
                client.raw_insert("usage_batches", insert_block=body, fmt="Avro", settings=_SETTINGS)
            client.command(_MERGED, {"table": "usage_events"})
            inserted += engine.cpu_seconds() - began
            print(f"\r{day} is stored", end="", file=sys.stderr)
        _until_quiet(engine)
        began = engine.cpu_seconds()
        roll_and_merge(client)
        _until_quiet(engine)
        rolled = engine.cpu_seconds() - began
        ((count, batches),) = client.query(_STORED).result_rows
    if batches != offset:
        raise RuntimeError(
            f"{batches} batches are stored of {offset}: what was measured is not what was meant."
        )
    yield Result(f"9 {count:,} events of a week: INSERTs and merges", "us/event", inserted / count * 1e6)
    yield Result("9 a week: rolling up and merges", "us/event", rolled / count * 1e6)
    yield Result("9 a week: CPU with rolls to that without", "times", (inserted + rolled) / inserted, 1.5)


def roll_and_merge(client: Client) -> None:
    """Roll up each past day, and merge what weeks have in more than one part."""
    for stale in roll_up(client):
        print(f"\r{stale.day} is rolled up", end="", file=sys.stderr)
    for table in ROLLS:
        client.command(_MERGED, {"table": table})
    print(file=sys.stderr)


def _last_week() -> list[date]:
    """From a Monday to a Sunday, all past."""
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday() + 7)
    return [monday + timedelta(days=number) for number in range(7)]


def _bodies(client: Client, firsts: Iterable[int]) -> Iterator[bytes]:
    """The prepared batches as a consumer sends them: an Avro container an INSERT, from these offsets on."""
    columns = {str(name): str(kind) for name, kind in client.query(_LANDING).result_rows}
    events = {
        name.removeprefix("events."): kind.removeprefix("Array(").removesuffix(")")
        for name, kind in columns.items()
        if "." in name
    }
    names = ", ".join(name for name in columns if "." not in name)
    one = ", ".join(f"{name} {kind}" for name, kind in events.items())
    zipped = ", ".join(f"`events.{name}`" for name in events)
    sql = (
        f"SELECT {names}, CAST(arrayZip({zipped}), 'Array(Tuple({one}))') AS events FROM prepared"
        " WHERE kafka_offset >= {first:UInt64} AND kafka_offset < {first:UInt64} + {count:UInt64}"
    )
    for first in firsts:
        yield client.raw_query(sql, {"first": first, "count": _BATCHES_AN_INSERT}, fmt="Avro")


def _until_quiet(engine: Measured) -> None:
    """Merges go on behind: until the engine takes no more than a tenth of a core."""
    while True:
        before = engine.cpu_seconds()
        time.sleep(1)
        if engine.cpu_seconds() - before < 0.1:
            return
