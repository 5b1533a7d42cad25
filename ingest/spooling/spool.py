"""The spool as the event loop sees it: one thread writes, and all that waits for it becomes one group."""

import asyncio
import functools
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from ingest.record import Done, Record
from ingest.refusals import Refusal
from ingest.spooling.store import Store
from runtime import metrics

log = logging.getLogger(__name__)

P = ParamSpec("P")
Answer = TypeVar("Answer")

_GATHER_SECONDS = 0.01
"""Records wait so long for others of their group: a group costs a sync of the disk."""
_MOST_WAITING_BYTES = 32 << 20
_Waiting = list[tuple[Record, Done]]


class Spool:
    """Keeps records; made and used in the event loop, which never waits for the disk."""

    def __init__(self, store: Store) -> None:
        self.filled = asyncio.Event()
        """Set when something was written."""
        self.is_writing = False
        self.store = store
        """For `ask`."""
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "spool")
        self._waiting: _Waiting = []
        self._waiting_bytes = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._fails = False

    def put(self, record: Record, done: Done) -> None:
        """Have `done` called once, when the record is on the disk, or with SPOOL_FULL; never raises."""
        if self._waiting_bytes > _MOST_WAITING_BYTES:
            self._loop.call_soon(done, Refusal.SPOOL_FULL)
            return
        self._waiting.append((record, done))
        self._waiting_bytes += len(record.value)
        if not self.is_writing:
            self.is_writing = True
            self._idle.clear()
            self._loop.call_later(_GATHER_SECONDS, self._write)

    def _write(self) -> None:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        records = [record for record, _ in waiting]
        written = self._loop.run_in_executor(self._thread, self.store.append, records)
        written.add_done_callback(functools.partial(self._written, waiting))

    def _written(self, waiting: _Waiting, written: "asyncio.Future[None]") -> None:
        refusal = self._outcome(written.exception())
        for _, done in waiting:
            self._loop.call_soon(done, refusal)
        if refusal is None:
            metrics.SPOOLED.inc(len(waiting))
            self.filled.set()
        if self._waiting:
            self._loop.call_later(_GATHER_SECONDS, self._write)
        else:
            self.is_writing = False
            self._idle.set()

    def _outcome(self, error: BaseException | None) -> Refusal | None:
        if error is None:
            if self._fails:
                log.info("The spool takes records again")
            self._fails = False
            return None
        if not self._fails:
            log.warning("The spool takes no records, they are refused: %s", error)
        self._fails = True
        return Refusal.SPOOL_FULL

    async def ask(self, question: Callable[P, Answer], *arguments: P.args, **named: P.kwargs) -> Answer:
        """Call a method of the store in its thread; raises sqlite3.Error."""
        return await self._loop.run_in_executor(
            self._thread, functools.partial(question, *arguments, **named)
        )

    async def has_room(self) -> bool:
        """Whether it can take more."""
        try:
            return await self.ask(self.store.has_room)
        except (sqlite3.Error, OSError):
            return False

    async def close(self) -> None:
        """Finish what is being written, then leave the database."""
        await self._idle.wait()
        await self.ask(self.store.close)
        self._thread.shutdown()
