"""What the simulated visitors have to send: in order of time, tried again later, never without end."""

import heapq
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count

from local.demo.parcels import Parcel
from local.demo.sender import Sender, Verdict

log = logging.getLogger(__name__)

_MOST_EVENTS_OVERDUE = 1_000
_FIRST_BACK_OFF_MS, _LONGEST_BACK_OFF_MS = 500, 8_000


class Outbox:
    """Parcels that wait for their time, or for the collector to come back. Times are Unix milliseconds."""

    def __init__(self, sender: Sender, on_taken: Callable[[Parcel], None] = lambda _parcel: None) -> None:
        """`on_taken` is told of each parcel that the collector has taken."""
        self._sender = sender
        self._on_taken = on_taken
        self._waiting: list[tuple[int, int, Parcel]] = []
        self._order = count()
        self._given_up: Counter[str] = Counter()
        """Events, by tenant: its next batch reports them."""
        self._failures = 0
        self._silent_until = 0
        self.sent = 0
        """Events that the collector has taken."""
        self.refused: set[str] = set()
        """Tenants whose batches the collector refuses: it does not know them."""

    def put(self, parcels: Iterable[Parcel]) -> None:
        """Keep them until they are due."""
        for parcel in parcels:
            heapq.heappush(self._waiting, (parcel.due, next(self._order), parcel))

    def next_due(self) -> int:
        """When there is something to do; 0 when nothing waits."""
        return max(self._waiting[0][0], self._silent_until) if self._waiting else 0

    def send_due(self, now: int) -> None:
        """Send what is due, until an attempt fails."""
        if now < self._silent_until:
            return
        self._give_up_oldest(now)
        while self._waiting and self._waiting[0][0] <= now:
            parcel = self._waiting[0][2]
            verdict = self._attempt(parcel, now)
            if verdict is Verdict.PUT_OFF:
                self._back_off(now)
                return
            heapq.heappop(self._waiting)
            self._note(parcel, verdict)

    def _attempt(self, parcel: Parcel, now: int) -> Verdict:
        if parcel.tenant.name in self.refused:
            return Verdict.REFUSED
        return self._sender.post(parcel, parcel.body(now, self._given_up[parcel.tenant.name]))

    def _note(self, parcel: Parcel, verdict: Verdict) -> None:
        name = parcel.tenant.name
        if verdict is Verdict.TAKEN:
            self.sent += parcel.events
            self._given_up.pop(name, None)
            self._on_taken(parcel)
        elif name not in self.refused:
            self.refused.add(name)
            log.warning(
                "The collector refuses tenant %s, as its tenants file may: its visitors stay away", name
            )
        if self._failures:
            log.info("The collector answers again")
            self._failures = 0

    def _back_off(self, now: int) -> None:
        if not self._failures:
            log.warning("The collector does not answer; its visitors wait")
        pause = min(_FIRST_BACK_OFF_MS * 2**self._failures, _LONGEST_BACK_OFF_MS)
        self._failures = min(self._failures + 1, 10)
        self._silent_until = now + pause

    def _give_up_oldest(self, now: int) -> None:
        """Keep no more events overdue than a page's own queue would."""
        overdue = sum(parcel.events for due, _, parcel in self._waiting if due <= now)
        while overdue > _MOST_EVENTS_OVERDUE:
            _, _, parcel = heapq.heappop(self._waiting)
            overdue -= parcel.events
            self._given_up[parcel.tenant.name] += parcel.events
