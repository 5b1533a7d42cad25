"""Where accepted records go: to Kafka, or while Kafka is away into the spool. An acknowledgement is true."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError

from ingest.presence import Presence
from ingest.publisher import Publisher
from ingest.record import MOST_VALUE_BYTES, Done, Record
from ingest.refusals import Refusal
from ingest.spooling.directory import SpoolDirectory
from ingest.spooling.drain import Drain
from ingest.spooling.spool import Spool
from runtime.settings import CollectorSettings

log = logging.getLogger(__name__)


class Outlet:
    """Takes records and says when they are safe; made and used in the event loop."""

    def __init__(self, settings: CollectorSettings, check_topics: Callable[[], bool] | None = None) -> None:
        """Raises SettingError when the spool's directory cannot be used.

        With `check_topics`, which may block, Kafka is taken to be away until it has once said true.
        """
        self._loop = asyncio.get_running_loop()
        self._presence = Presence()
        self._publisher = Publisher(settings, settings.ack_timeout_ms)
        self._spool: Spool | None = None
        self._draining: asyncio.Task[None] | None = None
        if settings.spool_dir:
            directory = SpoolDirectory(settings.spool_dir)
            self._spool = Spool(directory.open(settings.spool_max_bytes))
            drain = Drain(
                self._spool, directory, self._publisher, self._presence, settings.spool_max_age_hours
            )
            self._draining = asyncio.create_task(drain.run(check_topics))
            if check_topics:
                self._presence.left("it did not answer at the start")

    def put(self, record: Record, done: Done) -> None:
        """Have `done` called once, in the event loop: with None when the record is safe, else with a refusal.

        Never raises, never blocks.
        """
        if self._presence.is_away and self._spool:
            self._keep(record, done, self._spool)
        else:
            self._publisher.publish(record, functools.partial(self._reported, record, done))

    def put_all(self, records: Sequence[Record], done: Done) -> None:
        """The same of several, at least one: `done` is called once all are safe, or else with a refusal.

        With a passing one where there is one: what is safe already is left out when all come again.
        """
        due, refusals = len(records), set[Refusal]()

        def settled(refusal: Refusal | None) -> None:
            nonlocal due
            due -= 1
            if refusal:
                refusals.add(refusal)
            if not due:
                done(max(refusals, key=lambda one: one.is_passing, default=None))

        for record in records:
            self.put(record, settled)

    def _reported(self, record: Record, done: Done, fault: KafkaError | None, _: object) -> None:
        if fault is None:
            done(None)
        else:
            self._not_acknowledged(record, done, fault)

    def _not_acknowledged(self, record: Record, done: Done, fault: KafkaError) -> None:
        self._publisher.replace_broken(fault)
        if fault.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            done(Refusal.BODY_TOO_LARGE)
        elif self._spool:
            if fault.code() != KafkaError._QUEUE_FULL:
                self._presence.left(fault)
            self._keep(record, done, self._spool)
        else:
            log.warning("Kafka did not acknowledge a record of %s: %s", record.topic, fault)
            done(Refusal.NOT_STORED)

    def _keep(self, record: Record, done: Done, spool: Spool) -> None:
        if len(record.value) > MOST_VALUE_BYTES:  # Kafka would never take it
            self._loop.call_soon(done, Refusal.BODY_TOO_LARGE)
        else:
            spool.put(record, done)

    async def is_ready(self) -> bool:
        """Whether records can be taken now."""
        if self._spool and await self._spool.has_room():
            return True
        return await self._publisher.is_connected()

    async def close(self, seconds: float) -> None:
        """Finish what was put: Kafka has so many seconds for it, the rest goes into the spool."""
        if self._draining:
            self._draining.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._draining
        await self._publisher.close(0 if self._presence.is_away else seconds)
        if self._spool:
            await self._spool.close()
