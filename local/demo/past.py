"""The back-filled past: all deliveries of the last ninety days, the same ones under one seed and clock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from random import Random

from local.demo import records, story
from local.demo.clock import DemoClock, midnight
from local.demo.crowd import Crowd, presence
from local.demo.rhythm import DAY_MS
from local.demo.tenants import DemoTenant
from local.demo.visits import Visit, visit
from runtime.pseudonyms import pseudonym

SEED = 4
_WINDOW_MS = 120_000
"""Deliveries of two minutes: fewer and larger than the SDK's, and a third of the work."""
_MEAN_PRESENCE = 0.4
"""What `presence` comes to over a working day."""


@dataclass(frozen=True)
class Delivery:
    """One stored record, encoded, and how many events are in it."""

    record: bytes
    events: int


class Past:
    """What each day brought to each tenant."""

    def __init__(
        self,
        clock: DemoClock,
        tenants: Sequence[DemoTenant],
        pseudonym_keys: Mapping[str, bytes],
        scale: float = 1.0,
    ) -> None:
        """Tenants without a key of pseudonyms are left out; `scale` makes all of them smaller or larger."""
        self._clock = clock
        self._scale = scale
        self._crowds = {tenant: Crowd(tenant, SEED) for tenant in tenants if pseudonym_keys.get(tenant.name)}
        self._pseudonyms = {
            tenant: lru_cache(None)(partial(_stored_user, pseudonym_keys[tenant.name]))
            for tenant in self._crowds
        }

    def deliveries(self, day: date) -> Iterator[Delivery]:
        """All that began on this UTC day and had arrived by now; nothing for tenants that keep less."""
        offset = midnight(day)  # no two records share an offset
        for tenant, crowd in self._crowds.items():
            if self._clock.age(day) >= tenant.retention_days:
                continue
            rng = Random(f"{SEED}/{tenant.name}/{day}")  # noqa: S311
            for one in self._visits(tenant, crowd, day, rng):
                for moments in one.deliveries(_WINDOW_MS):
                    if records.arrival(one, moments) < self._clock.now:
                        record = records.encode(tenant, one, moments, self._pseudonyms[tenant], offset, rng)
                        yield Delivery(record, len(moments))
                        offset += 1

    def _visits(self, tenant: DemoTenant, crowd: Crowd, day: date, rng: Random) -> Iterator[Visit]:
        """Try moments spread evenly over the day, and keep those at which the visitor may be there."""
        age = self._clock.story_age(day)
        size = story.growth(age)
        tries = tenant.visits_a_day * self._scale * size * rng.uniform(0.9, 1.1) / _MEAN_PRESENCE
        for _ in range(int(tries)):
            visitor, began = crowd.anyone(rng, size), midnight(day) + rng.randrange(DAY_MS)
            if rng.random() < presence(visitor, began):
                yield visit(visitor, began, age, rng)


def _stored_user(key: bytes, user: str) -> str:
    return pseudonym(key, user) if user else ""
