"""What one visitor does in one visit: a walk through the product's pages, with time to think."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import NamedTuple

from local.demo import story
from local.demo.crowd import Manner, Visitor

Value = str | float | bool
Properties = Mapping[str, Value]

_NO_PROPERTIES: Properties = {}
_LONGEST_WALK = 14
_SCRIPTED_ACTIONS = 60
_ON_INVOICES = "/invoices"


class Moment(NamedTuple):
    """One event of a visit; `after` in milliseconds since its beginning."""

    after: int
    kind: str
    name: str
    page: str
    referrer: str
    properties: Properties


@dataclass(frozen=True)
class _Page:
    """A page, what may be done on it and how often, and where people go from there."""

    path: str
    actions: Mapping[str, float]
    links: tuple[str, ...]


_PAGES = {
    page.path: page
    for page in (
        _Page("/", {"report.exported": 0.08}, ("/time", "/time", "/invoices", "/invoices", "/settings")),
        _Page("/time", {"time.logged": 0.75, "week.copied": 0.2}, ("/", "/invoices")),
        _Page("/invoices", {"invoice.created": 0.3, "report.exported": 0.1}, (*["/invoices/{}"] * 4, "/")),
        _Page("/invoices/{}", {"invoice.sent": 0.5, "reminder.sent": 0.15}, ("/invoices", "/time", "/")),
        _Page("/settings", {"settings.saved": 0.45}, ("/", "/time")),
    )
}

_PROPERTIES: Mapping[str, Callable[[Random], Properties]] = {
    "time.logged": lambda rng: {"hours": rng.randrange(1, 17) / 2, "billable": rng.random() < 0.8},
    "invoice.created": lambda rng: {"lines": float(rng.randrange(1, 9)), "from_time": rng.random() < 0.6},
    "invoice.sent": lambda rng: {
        "amount": float(rng.randrange(180, 9_000, 20)),
        "currency": "EUR",
        "by_post": rng.random() < 0.1,
    },
    "report.exported": lambda rng: {"format": "pdf" if rng.random() < 0.7 else "csv"},
    "settings.saved": lambda rng: {"section": rng.choice(("taxes", "team", "payment"))},
}


def walk(visitor: Visitor, age: int, rng: Random) -> list[Moment]:
    """Make a visit of this visitor on the day of this age, its moments in order of time."""
    match visitor.manner:
        case Manner.PERSON:
            return list(_work(visitor, age, rng))
        case Manner.CRAWLER:
            return list(_crawl(rng))
        case Manner.SCRIPT:
            return list(_race())


def _work(visitor: Visitor, age: int, rng: Random) -> Iterator[Moment]:
    page, referrer, clock = _PAGES["/"], "", 0
    uses_timer = visitor.eagerness < story.timer_adoption(age)
    for number in range(rng.randrange(2, _LONGEST_WALK)):
        path = page.path.format(rng.randrange(1_020, 1_050))
        yield Moment(clock, "view", "page.viewed", path, referrer, _NO_PROPERTIES)
        if number == 0:
            yield _paint(clock, path, rng)
        if path.startswith(_ON_INVOICES) and rng.random() < story.error_rate(age):
            yield _error(clock + 350, path)
        for name, likelihood in page.actions.items():
            clock += _think(rng)
            if rng.random() < likelihood:
                taken = "timer.started" if uses_timer and name == "time.logged" else name
                make = _PROPERTIES.get(taken)
                yield Moment(clock, "action", taken, path, "", make(rng) if make else _NO_PROPERTIES)
        clock += _think(rng)
        page, referrer = _PAGES[rng.choice(page.links)], path


def _crawl(rng: Random) -> Iterator[Moment]:
    paths = ["", "/", "/time", "/invoices", *(f"/invoices/{n}" for n in range(1_020, 1_030)), "/settings"]
    clock = 0
    for referrer, path in pairwise(paths):
        yield Moment(clock, "view", "page.viewed", path, referrer, _NO_PROPERTIES)
        clock += rng.randrange(400, 2_000)


def _race() -> Iterator[Moment]:
    yield Moment(0, "view", "page.viewed", _ON_INVOICES, "", _NO_PROPERTIES)
    for number in range(_SCRIPTED_ACTIONS):
        yield Moment(20 + 8 * number, "action", "invoice.created", _ON_INVOICES, "", _NO_PROPERTIES)


def _paint(clock: int, path: str, rng: Random) -> Moment:
    """Largest Contentful Paint, in milliseconds; two seconds and a half is what counts as good."""
    took = round(rng.lognormvariate(7.3, 0.4))
    rating = "good" if took <= 2_500 else "poor" if took > 4_000 else "needs-improvement"
    return Moment(clock + took, "vital", "LCP", path, "", {"value": float(took), "rating": rating})


def _error(clock: int, path: str) -> Moment:
    return Moment(clock, "error", "RangeError", path, "", {"message": "Invalid time value"})


def _think(rng: Random) -> int:
    """Milliseconds between two things that a person does: some seconds, now and then a minute."""
    return int(min(rng.lognormvariate(8.9, 0.8), 90_000))
