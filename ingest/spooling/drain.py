"""The way back: spooled records go to Kafka in order, beside new traffic, once Kafka is there.

A group leaves the spool when all its records are acknowledged. A process that dies in between leaves records
that come twice; consumers leave out a batch that is stored.
"""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError

from ingest.presence import Presence
from ingest.publisher import Publisher
from ingest.record import Record
from ingest.spooling.directory import SpoolDirectory
from ingest.spooling.group import Group
from ingest.spooling.losses import Loss, count_loss
from ingest.spooling.spool import Spool
from ingest.spooling.store import Totals
from runtime import metrics

log = logging.getLogger(__name__)

_MOST_RECORDS, _MOST_BYTES = 2_000, 8 << 20
"""In flight at once."""
_LOOK_SECONDS = 1.0
"""How often it is looked for what other processes have spooled, and tried whether Kafka is back."""
_EXPIRE_SECONDS = 60.0
_OF_THE_RECORD = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE, KafkaError.INVALID_RECORD}
)
"""Kafka will never take such a record, so it must not keep those behind it waiting."""


class Drain:
    """Runs as one task in each process; of those that share a spool one drains at a time."""

    def __init__(
        self,
        spool: Spool,
        directory: SpoolDirectory,
        publisher: Publisher,
        presence: Presence,
        most_age_hours: int,
    ) -> None:
        self._spool, self._store = spool, spool.store
        self._directory, self._publisher, self._presence = directory, publisher, presence
        self._most_age_ms = most_age_hours * 3_600_000
        self._expired_at = -_EXPIRE_SECONDS
        self._check_topics: Callable[[], bool] | None = None
        self._acknowledged: list[int] = []
        """Groups that Kafka has, and that are still in the spool."""

    async def run(self, check_topics: Callable[[], bool] | None) -> None:
        """Until it is cancelled. Kafka is not there before `check_topics`, which may block, has said true."""
        self._check_topics = check_topics
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._spool.filled.wait(), _LOOK_SECONDS)
            self._spool.filled.clear()
            try:
                await self._look()
            except (sqlite3.Error, OSError) as error:
                log.warning("The spool cannot be drained now: %s", error)
                await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        await self._remove()
        await self._expire()
        totals = await self._count()
        if self._presence.is_away and not await self._kafka_answers(totals):
            await asyncio.sleep(_LOOK_SECONDS)
            return
        with self._directory.drained_here() as mine:
            if mine and totals.records:
                await self._drain()
            if mine:
                await self._spool.ask(self._store.shrink)

    async def _count(self) -> Totals:
        totals = await self._spool.ask(self._store.totals)
        oldest = totals.oldest_received_at
        metrics.SPOOL_RECORDS.set(totals.records)
        metrics.SPOOL_BYTES.set(totals.bytes)
        metrics.SPOOL_OLDEST_SECONDS.set(time.time() - oldest / 1000 if oldest else 0)
        return totals

    async def _kafka_answers(self, totals: Totals) -> bool:
        """Try it with the oldest record. Without one, only new records can tell."""
        if self._check_topics and not await asyncio.to_thread(self._check_topics):
            return False
        self._check_topics = None
        if totals.records:
            for group in await self._spool.ask(self._store.oldest, 1):
                if group.records is None:
                    await self._set_aside(group, Loss.DAMAGED)
                elif not _is_transient(await self._publish(group.records[:1])):
                    self._presence.returned()
        elif not self._spool.is_writing:
            self._presence.returned()
        return not self._presence.is_away

    async def _drain(self) -> None:
        drained, began = 0, time.monotonic()
        while groups := await self._spool.ask(self._store.oldest, _MOST_RECORDS, _MOST_BYTES):
            if not await self._deliver(groups):
                break
            drained += sum(group.count for group in groups)
            await self._remove()
            await self._count()
        took = time.monotonic() - began
        log.info("%d records went from the spool to Kafka in %.1f s", drained, took)

    async def _remove(self) -> None:
        """Until this succeeds nothing more is sent: else the same would be sent again and again."""
        if self._acknowledged:
            await self._spool.ask(self._store.remove, self._acknowledged)
            self._acknowledged = []

    async def _deliver(self, groups: Sequence[Group]) -> bool:
        """Whether Kafka has them all, but for those that it will never take or that cannot be read."""
        for group in groups:
            if group.records is None:
                await self._set_aside(group, Loss.DAMAGED)
        sent = []
        for group in groups:
            if group.records is not None:
                sent.append((group, asyncio.ensure_future(self._publish(group.records))))
                await asyncio.sleep(0)  # new traffic between two groups
        faults = [(group, await published) for group, published in sent]
        for group, fault in faults:
            if fault is None:
                metrics.DRAINED.inc(group.count)
                self._acknowledged.append(group.number)
            elif _is_transient(fault) and fault.code() != KafkaError._QUEUE_FULL:
                self._presence.left(fault)
        for group, fault in faults:
            if fault and not _is_transient(fault):
                await self._set_aside(group, Loss.REFUSED)
        return not any(map(_is_transient, (fault for _, fault in faults)))

    async def _publish(self, records: Sequence[Record]) -> KafkaError | None:
        """Publish them at once; None when all are acknowledged, else the first fault that weighs most."""
        loop = asyncio.get_running_loop()
        reported: asyncio.Future[KafkaError | None] = loop.create_future()
        faults: list[KafkaError | None] = []

        def report(fault: KafkaError | None, _: object) -> None:
            faults.append(fault)
            if len(faults) == len(records) and not reported.done():
                found = [fault for fault in faults if fault]
                reported.set_result(next(filter(_is_transient, found), found[0] if found else None))

        for record in records:
            self._publisher.publish(record, report)
        fault = await reported
        if fault:
            self._publisher.replace_broken(fault)
        return fault

    async def _set_aside(self, group: Group, loss: Loss) -> None:
        if await self._spool.ask(self._store.set_aside, group.number, loss):
            count_loss(loss, group.count, f"group {group.number} is set aside")

    async def _expire(self) -> None:
        now = time.monotonic()
        if now - self._expired_at < _EXPIRE_SECONDS:
            return
        self._expired_at = now
        lost = await self._spool.ask(self._store.drop_older, time.time_ns() // 1_000_000 - self._most_age_ms)
        if lost:
            count_loss(Loss.EXPIRED, lost, "they waited longer than SILLAGE_SPOOL_MAX_AGE_HOURS")


def _is_transient(fault: KafkaError | None) -> bool:
    return fault is not None and fault.code() not in _OF_THE_RECORD
