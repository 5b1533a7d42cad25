"""What the background thread does: one batch at a time, again after a failure."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from sillage_emitter import losses
from sillage_emitter.answers import PutOff, Refused, Taken, Unanswered
from sillage_emitter.batch import Batch
from sillage_emitter.complaints import Complaints
from sillage_emitter.outbox import Outbox
from sillage_emitter.transport import Transport

_EXPIRED = "Events are lost: for too long they could not be delivered."


@dataclass
class BackOff:
    """Waits that double from the first to the longest."""

    first_s: float
    longest_s: float
    failures: int = 0

    def next(self, asked_s: float | None) -> float:
        """Seconds to wait after one more failure, and at least as long as the server asked."""
        whole = min(self.first_s * 2 ** min(self.failures, 30), self.longest_s)
        self.failures += 1
        # The random part keeps emitters that failed together from coming back together.
        jitter = random.uniform(0, whole / 2)  # noqa: S311  jitter is no secret
        return (whole / 2 if asked_s is None else asked_s) + jitter


class Delivery:
    """Sends batches in their order until the outbox is closed."""

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport,
        context: dict[str, str],
        back_off: BackOff,
        max_age_s: float,
        complaints: Complaints,
    ) -> None:
        self._outbox = outbox
        self._transport = transport
        self._context = context
        self._back_off = back_off
        self._max_age_s = max_age_s
        self._complaints = complaints

    def run(self) -> None:
        """Deliver until the outbox is closed and empty, or out of time."""
        try:
            while (batch := self._outbox.next_batch()) is not None:
                if losses.EXPIRED in batch.lost:
                    self._complaints.error("expired", _EXPIRED)
                self._deliver(batch)
        finally:
            self._transport.close()

    def _deliver(self, batch: Batch) -> None:
        while not self._outbox.abandoned:
            outcome = self._transport.post(batch.body(self._context), self._outbox.time_left())
            if isinstance(outcome, (Taken, Refused)):
                self._back_off.failures = 0
                return self._settle(batch, outcome)
            self._rest(outcome)
            # By its newest event: what is younger than the cap is not given up for an older neighbour.
            if batch.newest < time.monotonic() - self._max_age_s:
                self._complaints.error("expired", _EXPIRED)
                return self._outbox.finish(batch, losses.EXPIRED)
        return None

    def _settle(self, batch: Batch, outcome: Taken | Refused) -> None:
        for reason, (count, message) in outcome.by_reason.items():
            said = "The collector refused %d of %d events: %s. %s"
            self._complaints.error(f"event {reason}", said, count, len(batch.events), reason, message)
        if isinstance(outcome, Taken):
            return self._outbox.finish(batch)
        status, code = outcome.status, outcome.code
        said = "Events are lost: the collector refused a batch of %d with %d %s. %s %s"
        values = (len(batch.events), status, code, outcome.message, outcome.remedy)
        self._complaints.error(f"refused {status} {code}", said, *values)
        return self._outbox.finish(batch, losses.REFUSED)

    def _rest(self, outcome: PutOff | Unanswered) -> None:
        asked_s = None
        if isinstance(outcome, PutOff):
            asked_s, status = outcome.after_s, outcome.status
            said = "The collector answered %d; trying again later."
            self._complaints.warning(f"put off {status}", said, status)
        else:
            said = "No answer from the collector (%s); trying again."
            self._complaints.warning("unanswered", said, outcome.fault)
        # A close is the last chance: our own back-off gives way to it, the server's Retry-After does not.
        if self._outbox.rest(self._back_off.next(asked_s), until_closing=asked_s is None):
            self._back_off.failures = 0
