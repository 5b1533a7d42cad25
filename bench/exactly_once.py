"""Exactly once against at least once: the same 50,000-row INSERTs, in turn, in one run."""

import random
import re
import statistics
import time
from collections.abc import Iterator
from types import SimpleNamespace

import psutil
from clickhouse_connect.driver.client import Client
from confluent_kafka import Message

from bench.processes import Engines, Measured
from bench.result import Result
from bench.traffic import EVENTS_A_BATCH, TENANT, record
from bench.unfenced import EXACTLY_ONCE, RETRIES, view_without
from consumers.batch import Pending
from consumers.claims import Claims
from consumers.inserts import Inserter
from consumers.record import Record
from consumers.usage import UsageSink
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from schemas import usage

TURNS = 18
ROWS_AN_INSERT = 50_000
_BAR_PERCENT = 10
_WAYS = ("plain", "fenced", "whole")
"""At least once; the protocol; the protocol and the look-up that leaves out clients' retries."""


def measure(at: Engines) -> Iterator[Result]:
    """CPU of this process and of the engine for each INSERT; what is compared came one after the other."""
    client, me = connect(load(QuerySettings, at.environ)), Measured(psutil.Process())
    _make_tables(client, "plain", EXACTLY_ONCE)
    client.command("ALTER TABLE plain_events MODIFY SETTING fsync_after_insert = 0, fsync_part_directory = 0")
    _make_tables(client, "fenced", RETRIES)
    consumers = {"plain": _Consumer(client, "plain"), "fenced": _Consumer(client, "fenced")}
    consumers["whole"] = _Consumer(client, "usage")
    costs: dict[str, list[float]] = {way: [] for way in _WAYS}
    for turn in range(TURNS):
        for way in _WAYS[turn % 3 :] + _WAYS[: turn % 3]:
            items = consumers[way].items(first=turn * ROWS_AN_INSERT // EVENTS_A_BATCH)
            before = me.cpu_seconds() + at.clickhouse.cpu_seconds()
            consumers[way].insert(items)
            costs[way].append(me.cpu_seconds() + at.clickhouse.cpu_seconds() - before)
    for way, seconds in costs.items():
        a_row = statistics.median(seconds) / ROWS_AN_INSERT * 1e6
        yield Result(f"12 {way}: CPU of an INSERT", "µs an event", a_row)
    yield Result("12 the protocol costs", "% more CPU", _more(costs, "fenced", "plain"), _BAR_PERCENT)
    yield Result("12 leaving out clients' retries costs", "% more CPU", _more(costs, "whole", "fenced"))


def _more(costs: dict[str, list[float]], way: str, than: str) -> float:
    ratios = [ours / theirs for ours, theirs in zip(costs[way], costs[than], strict=True)]
    return 100 * (statistics.median(ratios) - 1)


class _Consumer:
    """The consumer's own parts, fed without Kafka."""

    def __init__(self, client: Client, tables: str) -> None:
        agent = SimpleNamespace(
            browser="Chrome", browser_version="140", os="Linux", os_version="", device="desktop"
        )
        agent.bot_reasons = ()
        place = SimpleNamespace(country="FR", region="Bretagne", city="Brest", geo_timezone="Europe/Paris")
        topic_id = tables.encode().ljust(16)  # a fence of its own
        self._client, self._tables = client, tables
        self._sink = UsageSink(topic_id, lambda _: usage.BATCH, lambda _: agent, lambda _: place)  # type: ignore
        self._sink.table, self._sink.stored_in = f"{tables}_batches", f"{tables}_events"
        self._inserter = Inserter(client, self._sink, Claims(client, self._sink, topic_id))
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

    def insert(self, items: list[Pending]) -> None:
        """Store them."""
        if self._tables == "plain":
            tail = self._sink.tail(0, 0)
            parts = [part for _, parts in items for part in (*parts, tail)]
            body = self._sink.body(self._group, len(items), parts)
            columns = self._sink.columns(self._group)
            self._client.raw_insert(
                self._sink.table,
                columns,
                body.pieces,
                {"async_insert": 0},
                "Avro",
                transport_settings={"Content-Length": str(body.size)},
            )
        else:
            firsts = {0: items[0][0].offset() or 0}
            self._inserter.store(self._group, items, firsts, lambda _message, _detail: None)


def _make_tables(client: Client, name: str, conditions: re.Pattern[str]) -> None:
    """Tables and a view of another name, without the look-up's projection and without these conditions."""
    for table in ("events", "batches"):
        client.command(f"CREATE TABLE {name}_{table} AS usage_{table}")
    client.command(f"ALTER TABLE {name}_events DROP PROJECTION by_batch")
    create = "CREATE MATERIALIZED VIEW usage_unpack TO usage_events AS"
    view = view_without(conditions).replace("ALTER TABLE usage_unpack MODIFY QUERY", create)
    client.command(re.sub(r"\busage_(events|batches|unpack)", rf"{name}_\1", view))
