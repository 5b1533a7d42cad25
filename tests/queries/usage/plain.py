"""The same answers from the events themselves, said in the plainest way: what the engine's must equal."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from queries.usage.filters.reading import parse_filter
from queries.usage.filters.tree import Filter
from queries.usage.spans import Partial
from queries.usage.window import Window
from tests.queries.usage.events import EMPTY_TENANT, Event, visible
from tests.queries.usage.filters.truth import holds

ZONES = ("UTC", "Europe/Paris", "Asia/Kolkata", "America/New_York")
"""Paris changes its clocks on 2026-10-25, New York on 2026-11-01; days of Kolkata begin at half past."""
FILTERS: tuple[Filter | None, ...] = (
    None,
    parse_filter("country in (FR, IN)"),
    parse_filter("action = invoice.paid and not page = /"),
)
"""None of them, one that rolled-up sessions can answer, and one that they cannot."""
ASKED = [
    *(
        ("acme", zone, bots, where)
        for zone in ZONES
        for bots, where in zip((False, True, False), FILTERS, strict=True)
    ),
    ("acme", "Europe/Paris", True, FILTERS[2]),
    *((tenant, "Europe/Paris", False, None) for tenant in ("globex", EMPTY_TENANT)),
]


def asked_about(
    events: Iterable[Event], tenant: str | None, window: Window, bots: bool, where: Filter | None
) -> list[Event]:
    """The events of a tenant, or of all, that are seen at all and arrived before the window's end."""
    return [
        event
        for event in visible(list(events), window.now)
        if tenant in (None, event.tenant) and event.received_at < window.until and (bots or not event.is_bot)
        if where is None or holds(where, _fields(event))
    ]


def days_of_users(events: Iterable[Event], zone: str) -> dict[str, set[date]]:
    days: dict[str, set[date]] = defaultdict(set)
    for event in events:
        if event.user_id:
            days[event.user_id].add(event.day(zone))
    return days


def days_of_tenants(events: Iterable[Event], zone: str) -> dict[str, set[date]]:
    days: dict[str, set[date]] = defaultdict(set)
    for event in events:
        days[event.tenant].add(event.day(zone))
    return days


def active_in(days: dict[str, set[date]], first: date, last: date) -> set[str]:
    """Who was active on a day from the first to the last."""
    return {who for who, had in days.items() if any(first <= day <= last for day in had)}


def spans_of(window: Window, interval: str) -> list[tuple[date, date]]:
    """First and last day of each interval that the window touches."""
    days = sorted({_start(day, interval) for day in days_between(*_ends(window))})
    return [(day, _start_after(day, interval) - timedelta(days=1)) for day in days]


def span_before(first: date, interval: str) -> tuple[date, date]:
    last = first - timedelta(days=1)
    return _start(last, interval), last


def partial_of(first: date, last: date, window: Window) -> Partial:
    if not is_whole(first, window):
        return "expired"
    end = _midnight(last + timedelta(days=1), window)
    if end > window.now:
        return "running"
    return "cut" if end > window.until else ""


def is_whole(first: date, window: Window) -> bool:
    """Whether the day began when what is kept did, or later."""
    return _midnight(first, window) >= window.floor


def days_between(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _ends(window: Window) -> tuple[date, date]:
    until = window.until - timedelta(microseconds=1)
    return window.since.astimezone(window.zone).date(), until.astimezone(window.zone).date()


def _midnight(day: date, window: Window) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=window.zone)


def _start(day: date, interval: str) -> date:
    if interval == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "month" else day


def _start_after(day: date, interval: str) -> date:
    after = day + timedelta(days={"day": 1, "week": 7, "month": 31}[interval])
    return _start(after, interval)


def _fields(event: Event) -> dict[str, object]:
    return {
        "action": event.name, "kind": event.kind, "bot": event.is_bot, "country": event.country,
        "page": event.page, "user": event.user_id, "session": event.session_id,
    }  # fmt: skip
