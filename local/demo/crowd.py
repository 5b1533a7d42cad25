"""The people and the bots who use the product of one tenant: always the same ones under the same seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from random import Random
from typing import TypeVar

from local.demo.agents import BOTS, PEOPLES, Agent
from local.demo.places import PLACES, Place
from local.demo.rhythm import activity
from local.demo.tenants import DemoTenant

Item = TypeVar("Item")

_BOT_SHARE = 0.04
_HOSTING = tuple(place for place in PLACES if place.country in ("US", "DE", "NL", "IE"))


class Manner(Enum):
    """How a visitor moves through the pages."""

    PERSON = "reads, thinks and works"
    CRAWLER = "opens one page after the other"
    SCRIPT = "does more within a second than a hand can"


@dataclass(frozen=True)
class Visitor:
    """Who visits, from where and with what."""

    user: str
    """The id that the product knows; empty for bots."""
    manner: Manner
    place: Place
    address: str
    agent: Agent
    screen: str
    automated: bool
    """The browser declares that a program drives it."""
    clock_skew_ms: int
    eagerness: float
    """From 0 to 1: how soon somebody takes up what is new, the lowest first."""


class Crowd:
    """All visitors of one tenant."""

    def __init__(self, tenant: DemoTenant, seed: int) -> None:
        rng = Random(f"{seed}/{tenant.name}")  # noqa: S311
        self._people = [_person(tenant, number, rng) for number in range(tenant.people)]
        self._bots = _bots(rng)

    def anyone(self, rng: Random, size: float = 1.0) -> Visitor:
        """A visitor who turns up; `size` is the part of the people who are here already."""
        if rng.random() < _BOT_SHARE:
            return rng.choice(self._bots)
        there = max(1, int(len(self._people) * size))
        return self._people[int(there * rng.random() ** 1.5)]  # the first ones come most

    def anyone_awake(self, rng: Random, at: int) -> Visitor:
        """A visitor at this moment, likelier from where people are at work now; `at` in Unix milliseconds."""
        tried = [self.anyone(rng) for _ in range(8)]
        weights = [0.01 + presence(visitor, at) for visitor in tried]
        return rng.choices(tried, weights)[0]


def presence(visitor: Visitor, at: int) -> float:
    """How likely a visitor is to come at a moment, from 0 to 1; bots know no hours."""
    return activity(at, visitor.place.utc_offset) if visitor.manner is Manner.PERSON else 0.3


def _person(tenant: DemoTenant, number: int, rng: Random) -> Visitor:
    homes = [place for place in PLACES if place.country == tenant.home]
    place = _weighted(homes if rng.random() < 0.5 else PLACES, rng, lambda place: place.share)
    agent = _weighted(PEOPLES, rng, lambda agent: agent.share)
    return Visitor(
        user=f"u-{number + 1}",
        manner=Manner.PERSON,
        place=place,
        address=place.address(rng),
        agent=agent,
        screen=rng.choice(agent.screens),
        automated=False,
        clock_skew_ms=_clock_skew(rng),
        eagerness=rng.random(),
    )


def _bots(rng: Random) -> list[Visitor]:
    """One of each kind: bots that say so, a browser that a program drives, a script that races."""
    return [
        *(_bot(agent, Manner.CRAWLER, rng) for agent in BOTS),
        _bot(PEOPLES[0], Manner.CRAWLER, rng, automated=True),
        _bot(PEOPLES[0], Manner.SCRIPT, rng),
    ]


def _bot(agent: Agent, manner: Manner, rng: Random, automated: bool = False) -> Visitor:
    place = rng.choice(_HOSTING)
    return Visitor(
        user="",
        manner=manner,
        place=place,
        address=place.address(rng),
        agent=agent,
        screen=agent.screens[0],
        automated=automated,
        clock_skew_ms=0,
        eagerness=1.0,
    )


def _clock_skew(rng: Random) -> int:
    """Most clocks are right to a second or two; one in thirty is off by up to a day."""
    return rng.randrange(-86_400_000, 86_400_000) if rng.random() < 0.03 else int(rng.gauss(0, 1_500))


def _weighted(items: Sequence[Item], rng: Random, weight: Callable[[Item], float]) -> Item:
    return rng.choices(items, cum_weights=list(accumulate(map(weight, items))))[0]
