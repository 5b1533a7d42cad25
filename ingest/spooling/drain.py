"""The way back: spooled records go to Kafka in order, beside new traffic, once Kafka is there.

A group leaves the spool when all its records are acknowledged, or keeps those alone that are not. A process
that dies in between leaves records that come twice; consumers leave out a batch that is stored.
"""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable

from ingest.presence import Presence
from ingest.publisher import Publisher
from ingest.spooling.directory import SpoolDirectory
from ingest.spooling.losses import Loss, count_loss
from ingest.spooling.sending import Sending
from ingest.spooling.spool import Spool
from ingest.spooling.store import Totals
from runtime import metrics

log = logging.getLogger(__name__)

_MOST_RECORDS, _MOST_BYTES = 4_000, 16 << 20
"""In flight at once."""
_LOOK_SECONDS = 1.0
"""How often it is looked for what other processes have spooled, and tried whether Kafka is back."""
_EXPIRE_SECONDS = 60.0


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
        self._directory, self._presence = directory, presence
        self._sending = Sending(spool, publisher, presence)
        self._most_age_ms = most_age_hours * 3_600_000
        self._expired_at = -_EXPIRE_SECONDS
        self._check_topics: Callable[[], bool] | None = None

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
            except Exception:  # whatever it is, records wait here: it is tried again
                log.exception("The spool cannot be drained now")
            else:
                continue
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        await self._sending.remove()
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

    async def _kafka_answers(self, totals: Totals) -> bool:
        """Try it with the oldest record. Without one, only new records can tell."""
        if self._check_topics and not await asyncio.to_thread(self._check_topics):
            return False
        self._check_topics = None
        if totals.records:
            for group in await self._spool.ask(self._store.oldest, 1):
                await self._sending.try_one(group)
        elif not self._spool.is_writing:
            self._presence.returned()
        return not self._presence.is_away

    async def _drain(self) -> None:
        drained, began = 0, time.monotonic()
        while groups := await self._spool.ask(self._store.oldest, _MOST_RECORDS, _MOST_BYTES):
            if not await self._sending.deliver(groups):
                break
            drained += sum(group.count for group in groups)
            await self._count()
        if drained:
            took = time.monotonic() - began
            log.info("%d records went from the spool to Kafka in %.1f s", drained, took)

    async def _count(self) -> Totals:
        totals = await self._spool.ask(self._store.totals)
        oldest = totals.oldest_received_at
        metrics.SPOOL_RECORDS.set(totals.records)
        metrics.SPOOL_BYTES.set(totals.bytes)
        metrics.SPOOL_OLDEST_SECONDS.set(time.time() - oldest / 1000 if oldest else 0)
        metrics.SPOOL_OLDEST_RECEIVED.set((totals.kept_since or 0) / 1000)
        metrics.SPOOL_LIMIT_SECONDS.set(self._most_age_ms / 1000)
        free, size = self._directory.room()
        metrics.DISK_FREE.labels("spool").set(free)
        metrics.DISK_BYTES.labels("spool").set(size)
        return totals

    async def _expire(self) -> None:
        now = time.monotonic()
        if now - self._expired_at < _EXPIRE_SECONDS:
            return
        self._expired_at = now
        lost = await self._spool.ask(self._store.drop_older, time.time_ns() // 1_000_000 - self._most_age_ms)
        if lost:
            count_loss(Loss.EXPIRED, lost, "they waited longer than SILLAGE_SPOOL_MAX_AGE_HOURS")
