"""Captured events that wait for delivery: bounded, counted, and cut into batches when they are due."""

from __future__ import annotations

import math
import threading
import time
from collections import deque

from sillage_emitter import losses
from sillage_emitter.batch import MAX_EVENT_BYTES, MAX_EVENTS, Batch, Captured
from sillage_emitter.identifiers import uuid7
from sillage_emitter.settings import Settings

MAX_WAITING_BYTES = 32 << 20
CLOSED = "closed"


class Outbox:
    """Shared by the application's threads and the one that delivers.

    Its lock is held for moments only and may be taken again by its holder, since a garbage collection or a
    signal can make any thread emit at any point.
    """

    def __init__(self, settings: Settings) -> None:
        lock = threading.RLock()
        self._due = threading.Condition(lock)
        self._progress = threading.Condition(lock)
        self._settings = settings
        self._events: deque[Captured] = deque()
        self._bytes = 0
        self._losses = losses.Losses()
        self._added = self._finished = self._flush_to = 0
        self._closes_at = math.inf
        self._closing = self._hurried = False

    def add(self, event: bytes) -> str:
        """Take an event, or say why not: `queue_full` (the newest is the one dropped) or `closed`."""
        with self._due:
            if self._closing:
                return CLOSED
            waiting = len(self._events)
            if waiting >= self._settings.queue or self._bytes + len(event) > MAX_WAITING_BYTES:
                self._losses.add(losses.QUEUE_FULL)
                return losses.QUEUE_FULL
            self._events.append(Captured(time.monotonic(), event))
            self._bytes += len(event) + 1
            self._added += 1
            if waiting == 0 or waiting + 1 == self._settings.flush_events or self._bytes >= MAX_EVENT_BYTES:
                self._due.notify()
            return ""

    def lose(self, reason: str) -> None:
        """Count an event that could not even be captured."""
        with self._due:
            self._losses.add(reason)

    def lost(self) -> dict[str, int]:
        """What was lost since the start, by reason."""
        with self._due:
            return dict(self._losses.total)

    def next_batch(self) -> Batch | None:
        """Wait until events are due and take them; None once it is closed and empty, or out of time."""
        with self._due:
            while not self.abandoned:
                self._drop_expired()
                wait = self._seconds_until_due()
                if wait <= 0:
                    return self._take()
                if self._closing:
                    return None
                self._due.wait(None if wait == math.inf else wait)
            return None

    def _drop_expired(self) -> None:
        dead_line = time.monotonic() - self._settings.max_age_s
        while self._events and self._events[0].at < dead_line:
            self._bytes -= len(self._events.popleft().json) + 1
            self._losses.add(losses.EXPIRED)
            self._finish(1)

    def _seconds_until_due(self) -> float:
        if not self._events:
            return math.inf
        enough = len(self._events) >= self._settings.flush_events or self._bytes >= MAX_EVENT_BYTES
        if enough or self._closing or self._finished < self._flush_to:
            return 0
        return self._events[0].at + self._settings.flush_s - time.monotonic()

    def _take(self) -> Batch:
        taken: list[Captured] = []
        room = MAX_EVENT_BYTES
        while self._events and len(taken) < MAX_EVENTS and len(self._events[0].json) < room:
            event = self._events.popleft()
            room -= len(event.json) + 1
            taken.append(event)
        self._bytes -= MAX_EVENT_BYTES - room
        return Batch(uuid7(time.time_ns() // 1_000_000), taken, self._losses.take())

    def finish(self, batch: Batch, lost_as: str = "") -> None:
        """The batch is stored, or was given up for this reason."""
        with self._due:
            if lost_as:
                self._losses.put_back(batch.lost)
                self._losses.add(lost_as, len(batch.events))
            self._finish(len(batch.events))

    def _finish(self, count: int) -> None:
        self._finished += count
        self._progress.notify_all()

    def rest(self, seconds: float, *, until_closing: bool) -> bool:
        """Wait before another attempt, at most until a close is out of time.

        If `until_closing`, a close cuts the first wait after it short; gives whether this was the one.
        """
        with self._due:
            wakes_at = time.monotonic() + seconds
            while (left := min(wakes_at, self._closes_at) - time.monotonic()) > 0:
                if until_closing and self._closing and not self._hurried:
                    self._hurried = True
                    return True
                self._due.wait(left)
            return False

    def flush(self, timeout: float | None) -> bool:
        """Wait until all that was added so far is finished; False when time is up first."""
        with self._due:
            target = self._flush_to = self._added
            self._due.notify()
            return self._progress.wait_for(lambda: self._finished >= target, timeout)

    def close(self, timeout: float) -> None:
        """Take no more, and have what waits sent within the time-out; does not wait."""
        with self._due:
            if not self._closing:
                self._closing, self._closes_at = True, time.monotonic() + timeout
            self._due.notify_all()

    @property
    def abandoned(self) -> bool:
        """Closed, and out of time."""
        return self.time_left() <= 0

    def time_left(self) -> float:
        """Seconds until the close that is under way gives up; infinite without one."""
        return self._closes_at - time.monotonic()

    def unfinished(self) -> int:
        """How many events neither arrived nor were given up."""
        with self._due:
            return self._added - self._finished
