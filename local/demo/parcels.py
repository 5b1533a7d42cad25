"""A visit as the SDK would send it: JSON batches, each due a second after its first event."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from local.demo.crowd import Visitor
from local.demo.journeys import Moment
from local.demo.tenants import TENANTS, DemoTenant
from local.demo.uuid7 import uuid7
from local.demo.visits import SDK, Visit, some_loss

_FLUSH_MS = 1_000
ERRANDS = {"invoice.sent": "deliveries", "reminder.sent": "reminders"}
"""Actions that ask something of the back end, and what. It serves the first tenant's pages."""


@dataclass(frozen=True)
class Parcel:
    """One batch; its ids and events stay the same through every attempt."""

    due: int
    """Unix milliseconds."""
    visitor: Visitor
    tenant: DemoTenant
    batch: dict[str, Any]
    """The body but for what belongs to the attempt; `docs/reference/http.md` has its form."""

    @property
    def events(self) -> int:
        """How many events are in it."""
        return len(self.batch["events"])

    def body(self, now: int, given_up: int) -> str:
        """The body of an attempt at `now`, Unix milliseconds, that also reports events given up before."""
        lost = {"lost": {"queue_full": given_up}} if given_up else {}
        return json.dumps(self.batch | {"sent_at": now + self.visitor.clock_skew_ms} | lost)


def parcels(tenant: DemoTenant, visit: Visit, rng: Random) -> Iterator[Parcel]:
    """Pack a visit."""
    visitor = visit.visitor
    context = {
        "sdk": SDK,
        "release": visit.release,
        "language": visitor.place.language,
        "screen": visitor.screen,
        "timezone": visitor.place.timezone,
        "automated": visitor.automated,
    }
    for moments in visit.deliveries(_FLUSH_MS):
        due = visit.began + moments[0].after + _FLUSH_MS
        batch = {
            "key": tenant.write_key,
            "batch_id": str(uuid7(due, rng)),
            "context": context,
            "lost": some_loss(rng),
            "events": [_event(tenant, visit, moment, rng) for moment in moments],
        }
        yield Parcel(due, visitor, tenant, batch)


def _event(tenant: DemoTenant, visit: Visit, moment: Moment, rng: Random) -> dict[str, Any]:
    at = visit.began + moment.after + visit.visitor.clock_skew_ms
    is_errand = moment.name in ERRANDS and tenant is TENANTS[0]
    trace = {"trace_id": f"{rng.getrandbits(128):032x}"} if is_errand else {}
    return trace | {
        "id": str(uuid7(at, rng)),
        "kind": moment.kind,
        "name": moment.name,
        "at": at,
        "page": moment.page,
        "referrer": moment.referrer,
        "session": visit.session,
        "user": visit.visitor.user,
        "properties": moment.properties,
    }
