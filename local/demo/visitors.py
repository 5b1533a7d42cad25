"""Simulated visitors: people and bots of several companies at work in the product, from now on.

They come to the collector by its public API, as browsers would: nothing of theirs is stored in another way.
What they do with invoices they ask of Atelier's back end too, so that there are traces.
"""

import argparse
import contextlib
import random
import time

from local.demo.crowd import Crowd, presence
from local.demo.errands import Errands
from local.demo.outbox import Outbox
from local.demo.parcels import parcels
from local.demo.past import SEED
from local.demo.sender import Sender
from local.demo.tenants import TENANTS, DemoTenant
from local.demo.visits import visit
from runtime.logging import configure

_EVENTS_A_VISIT = 13
_QUIETEST = 0.4
"""What a night has of a day's visits: enough to see some."""
_UNDER_WAY_MS = 120_000
"""So long ago came the first visitors that are there at the start."""
_LONGEST_NAP_MS = 500


class Visitors:
    """Lets visitors come, at a given rate, and sends what they do."""

    def __init__(self, outbox: Outbox, events_a_second: float, now: int, rng: random.Random) -> None:
        """Times are Unix milliseconds."""
        self._outbox = outbox
        self._visits_a_ms = events_a_second / _EVENTS_A_VISIT / 1_000
        self._rng = rng
        self._crowds = {tenant: Crowd(tenant, SEED) for tenant in TENANTS}
        self._opened = now
        self._next_visit = now - _UNDER_WAY_MS

    def go_on(self, now: int) -> int:
        """Do what is due, and say when to come back."""
        while self._next_visit <= now:
            self._welcome(self._next_visit)
        self._outbox.send_due(now)
        return min(self._next_visit, self._outbox.next_due() or self._next_visit)

    def _welcome(self, began: int) -> None:
        rng = self._rng
        tenant = self._tenant()
        visitor = self._crowds[tenant].anyone_awake(rng, began)
        coming = parcels(tenant, visit(visitor, began, 0, rng), rng)
        self._outbox.put(parcel for parcel in coming if parcel.due >= self._opened)
        level = _QUIETEST + (1 - _QUIETEST) * presence(visitor, began)
        self._next_visit = began + 1 + int(rng.expovariate(self._visits_a_ms * level))

    def _tenant(self) -> DemoTenant:
        there = [tenant for tenant in TENANTS if tenant.name not in self._outbox.refused] or [TENANTS[0]]
        return self._rng.choices(there, [tenant.visits_a_day for tenant in there])[0]


def run(collector_url: str, demo_url: str, events_a_second: float) -> None:
    """Keep visiting until the process ends; there is nothing to tidy up."""
    sender = Sender(collector_url, lambda tenant: demo_url if tenant is TENANTS[0] else tenant.origin)
    outbox = Outbox(sender, Errands(demo_url).run)
    visitors = Visitors(outbox, events_a_second, _now(), random.Random())  # noqa: S311
    while True:
        due = visitors.go_on(_now())
        time.sleep(min(max(due - _now(), 0), _LONGEST_NAP_MS) / 1_000)


def _now() -> int:
    return time.time_ns() // 1_000_000


def main() -> None:
    """Read the command line and visit."""
    parser = argparse.ArgumentParser(prog="python -m local.demo.visitors", description=__doc__)
    parser.add_argument("collector_url")
    parser.add_argument("demo_url", help="where the first tenant's pages are")
    parser.add_argument("--rate", type=float, default=5.0, help="events a second by day")
    arguments = parser.parse_args()
    configure("visitors", "info")
    with contextlib.suppress(KeyboardInterrupt):
        run(arguments.collector_url, arguments.demo_url, arguments.rate)


if __name__ == "__main__":
    main()
