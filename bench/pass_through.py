"""Rows 1, 3 and 9: Kafka to ClickHouse, against the engine's own ceiling and against decoding each event."""

import random
from collections.abc import Iterator

from clickhouse_connect.driver.client import Client

from bench import yardstick
from bench.draining import ROWS_AN_INSERT, batches_of, drained, storage
from bench.processes import Engines
from bench.result import Cost, Result
from bench.topic import usage_topic
from bench.traffic import EVENTS_A_BATCH, TENANT, record
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load

EVENTS = 1_000_000
YARDSTICK_EVENTS = 200_000
_ADDED_BYTES = 120


def measure(at: Engines) -> Iterator[Result]:
    """Fill the topic and let a consumer drain it; then the same rows by the ceiling and by the yardstick."""
    client = connect(load(QuerySettings, at.environ))
    client.command("SYSTEM STOP MERGES usage_events")  # they come later, and are counted apart
    passed = _pass_through(at)
    yield Result("1 usage: consumer's own CPU", "µs an event", passed.own, 0.6)
    yield Result("1 usage: with the engine's", "µs an event", passed.total, 3.0)
    yield Result("1 usage: events a second and core", "events", 1e6 / passed.total)
    yield Result("1 usage: merging twenty parts into one, apart", "µs an event", _merges(at, client))
    ceiling = _ceiling(at)
    yield Result("3 usage: to the engine's own ceiling (Native)", "times", passed.total / ceiling, 3.0)
    decoded = yardstick.measure(at, YARDSTICK_EVENTS)
    yield Result("1 yardstick, decoding each event: own CPU", "µs an event", decoded.own)
    yield Result("1 yardstick: own CPU to ours", "times", decoded.own / passed.own, 8.0, at_least=True)
    yield Result("1 yardstick: with the engine's, to ours", "times", decoded.total / passed.total)
    yield from storage(client, "usage_events")


def _pass_through(at: Engines) -> Cost:
    chance = random.Random(1)
    records = [record(chance) for _ in range(EVENTS // EVENTS_A_BATCH)]
    settings = batches_of(ROWS_AN_INSERT, records, EVENTS_A_BATCH, _ADDED_BYTES)
    return drained(at, usage_topic(at), records, EVENTS_A_BATCH, settings)


def _merges(at: Engines, client: Client) -> float:
    """The engine's CPU for what merges do to these rows: µs a row."""
    client.command("SYSTEM START MERGES usage_events")
    before = at.clickhouse.cpu_seconds()
    client.command("OPTIMIZE TABLE usage_events FINAL")
    return (at.clickhouse.cpu_seconds() - before) / EVENTS * 1e6


def _ceiling(at: Engines) -> float:
    """The engine's CPU for the same final rows, inserted in its own format: µs a row."""
    client = connect(load(QuerySettings, at.environ))
    client.command("CREATE TABLE ceiling AS usage_events")
    rows = 0
    blocks = []
    for offset in range(0, 10 * ROWS_AN_INSERT, ROWS_AN_INSERT):
        sql = f"SELECT * FROM usage_events WHERE tenant = '{TENANT}' LIMIT {offset}, {ROWS_AN_INSERT}"
        blocks.append(client.raw_query(sql, fmt="Native"))
        rows += ROWS_AN_INSERT
    before = at.clickhouse.cpu_seconds()
    for block in blocks:
        client.raw_insert("ceiling", insert_block=(part for part in (block,)), fmt="Native")
    used = at.clickhouse.cpu_seconds() - before
    client.command("DROP TABLE ceiling")
    return used / rows * 1e6
