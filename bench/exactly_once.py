"""Exactly once against at least once: the same 50,000-row INSERTs, in turn, in one run."""

import random
import statistics
import time
from collections.abc import Iterator
from types import SimpleNamespace

import psutil
from clickhouse_connect.driver.client import Client
from confluent_kafka import Message

from bench.processes import Engines
from bench.result import Result
from bench.traffic import EVENTS_A_BATCH, TENANT, record
from bench.unfenced import unfenced_view
from consumers.batch import Pending
from consumers.claims import Claims
from consumers.inserts import Inserter
from consumers.record import Record
from consumers.usage import UsageSink
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from schemas import usage

PAIRS = 16
ROWS_AN_INSERT = 50_000
_BAR_PERCENT = 10
_TOPIC_ID = b"bench-topic-id.."
_PLAIN = {"usage_batches": "plain_batches", "usage_events": "plain_events", "usage_unpack": "plain_unpack"}


def measure(at: Engines) -> Iterator[Result]:
    """CPU of this process and of the engine for each INSERT; pairs are compared, one after the other."""
    client = connect(load(QuerySettings, at.environ))
    _make_plain(client)
    consumer, me = _Consumer(client), psutil.Process()
    costs: dict[str, list[float]] = {"plain": [], "exactly once": []}
    for pair in range(PAIRS):
        items = consumer.items(first=pair * ROWS_AN_INSERT // EVENTS_A_BATCH)
        for way in sorted(costs, reverse=bool(pair % 2)):
            before = sum(me.cpu_times()[:2]) + at.clickhouse.cpu_seconds()
            consumer.insert(way, items)
            costs[way].append(sum(me.cpu_times()[:2]) + at.clickhouse.cpu_seconds() - before)
    shares = [ours / plain for ours, plain in zip(costs["exactly once"], costs["plain"], strict=True)]
    for way, seconds in costs.items():
        yield Result(
            f"12 {way}: CPU of an INSERT", "µs an event", statistics.median(seconds) / ROWS_AN_INSERT * 1e6
        )
    yield Result("12 exactly once costs", "% more CPU", 100 * (statistics.median(shares) - 1), _BAR_PERCENT)


class _Consumer:
    """The consumer's own parts, fed without Kafka."""

    def __init__(self, client: Client) -> None:
        agent = SimpleNamespace(
            browser="Chrome", browser_version="140", os="Linux", os_version="", device="desktop"
        )
        agent.bot_reasons = ()
        place = SimpleNamespace(country="FR", region="Bretagne", city="Brest", geo_timezone="Europe/Paris")
        self._client = client
        self._sink = UsageSink(_TOPIC_ID, lambda _: usage.BATCH, lambda _: agent, lambda _: place)  # type: ignore
        self._claims = Claims(client, self._sink, _TOPIC_ID)
        self._inserter = Inserter(client, self._sink, self._claims)
        self._chance = random.Random(1)
        self._group = b""

    def items(self, first: int) -> list[Pending]:
        """Records of one INSERT, prepared."""
        made = []
        for offset in range(first, first + ROWS_AN_INSERT // EVENTS_A_BATCH):
            value = record(self._chance)
            self._group, parts = self._sink.prepare(
                Record(offset, value, TENANT.encode(), time.time_ns() // 1_000_000)
            )
            made.append((Message(value=value, partition=0, offset=offset), parts))
        return made

    def insert(self, way: str, items: list[Pending]) -> None:
        """Store them one way or the other."""
        if way == "plain":
            tail = self._sink.tail(0, 0)
            body = self._sink.body(
                self._group, len(items), [part for _, parts in items for part in (*parts, tail)]
            )
            self._client.raw_insert(
                "plain_batches", insert_block=body, fmt="Avro", settings={"async_insert": 0}
            )
        else:
            firsts = {0: items[0][0].offset() or 0}
            self._inserter.store(self._group, items, firsts, lambda _message, _detail: None)


def _make_plain(client: Client) -> None:
    """The tables of at-least-once: no look-up projection, no fsync, no condition but the seal's."""
    for table in ("usage_events", "usage_batches"):
        client.command(f"CREATE TABLE {_PLAIN[table]} AS {table}")
    client.command("ALTER TABLE plain_events DROP PROJECTION by_batch")
    client.command("ALTER TABLE plain_events MODIFY SETTING fsync_after_insert = 0, fsync_part_directory = 0")
    create = "CREATE MATERIALIZED VIEW usage_unpack TO usage_events AS"
    view = unfenced_view().replace("ALTER TABLE usage_unpack MODIFY QUERY", create)
    for table, plain in _PLAIN.items():
        view = view.replace(table, plain)
    client.command(view)
