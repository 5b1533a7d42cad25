"""Raw events that meet: few users, sessions, names and times, so that each rule of a question is touched."""

import contextlib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from clickhouse_connect.driver.client import Client

from queries.usage.fields import PROPERTY
from queries.usage.filters.tree import Filter
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.usage.filters.truth import holds

NOW = datetime.now(UTC).replace(microsecond=0)
ZONES = ("UTC", "Europe/Paris", "Asia/Kolkata")
TENANT, OTHER_TENANT, EMPTY_TENANT = "demo", "demo2", "nobody"
HOSTILE = ("'; DROP TABLE usage_events --", "{tenant:String}", "a\\'b\n\t\0é😀", "(other)", "=", "*", ".")
_COLUMNS = (
    "tenant", "retention_days", "received_at", "occurred_at", "kind", "name", "page", "country", "user_id",
    "session_id", "is_bot", "event_id", "trace_id", "properties_json",
)  # fmt: skip


@dataclass(frozen=True)
class RawEvent:
    """One row of usage_events, the columns that questions look at."""

    received_at: datetime = NOW
    occurred_at: datetime = NOW
    kind: str = "action"
    name: str = "a"
    page: str = ""
    country: str = "FR"
    user_id: str = ""
    session_id: str = ""
    is_bot: bool = False
    trace_id: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    tenant: str = TENANT
    number: int = 0

    @property
    def event_id(self) -> UUID:
        return UUID(int=(self.number * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128)

    @property
    def as_filtered(self) -> dict[str, Any]:
        """By public names, as a plain reading of filters takes it."""
        return {
            "action": self.name, "kind": self.kind, "page": self.page, "country": self.country,
            "user": self.user_id, "session": self.session_id, "bot": self.is_bot,
        } | {PROPERTY + name: value for name, value in self.properties.items()}  # fmt: skip


def user(number: int) -> str:
    """A pseudonym."""
    return f"{number * 0x9E3779B97F4A7C15:032x}"[-32:]


def store(client: Client, events: Sequence[RawEvent]) -> None:
    """Insert them; a day of 90 days' retention each."""
    rows = [
        (
            one.tenant, 90, one.received_at, one.occurred_at, one.kind, one.name, one.page, one.country,
            one.user_id, one.session_id, one.is_bot, one.event_id.bytes, one.trace_id,
            msgspec.json.encode(one.properties) if one.properties else b"",
        )
        for one in events
    ]  # fmt: skip
    client.insert(
        "usage_events", rows, column_names=_COLUMNS, settings={"max_partitions_per_insert_block": 0}
    )


def arrived(
    events: Iterable[RawEvent],
    window: Window,
    bots: bool = False,
    where: Filter | None = None,
    tenant: str = TENANT,
) -> list[RawEvent]:
    """Those that a question of the tenant and window is of."""
    return [
        one
        for one in events
        if one.tenant == tenant
        and window.since <= one.received_at < window.until
        and one.received_at >= window.floor
        and (bots or not one.is_bot)
        and (where is None or holds(where, one.as_filtered))
    ]


def clock_change() -> datetime:
    """When Paris last changed its clocks, if that can still be asked about; else a day in what is kept."""
    zone, today = ZoneInfo("Europe/Paris"), NOW.replace(hour=1, minute=0, second=0)
    for days in range(1, 60):
        day = today - timedelta(days=days)
        if zone.utcoffset(day.replace(tzinfo=None) - timedelta(hours=2)) != zone.utcoffset(
            day.replace(tzinfo=None) + timedelta(hours=20)
        ):
            return day
    return today - timedelta(days=30)


def generated(seed: int, count: int = 1_200) -> list[RawEvent]:
    """So many events about the last change of clocks, and as many about these days.

    They are of both tenants, whose users and sessions are the same.
    """
    rnd = random.Random(seed)
    return [
        _any(rnd, middle, 26, number)
        for first, middle in ((1, clock_change() - timedelta(days=4)), (count + 1, NOW - timedelta(days=9)))
        for number in range(first, first + count)
    ]


WINDOW_IDS = [f"{zone} {when}" for zone in ZONES for when in ("change of clocks", "up to now")]
"""Of windows(): the same in each process that tests run in."""


def windows(days: int = 9) -> list[Window]:
    """Over the change of clocks in each zone, and up to now in each zone."""
    first = clock_change() - timedelta(days=days // 2)
    return [
        window
        for zone in ZONES
        for window in (midnights(zone, first, days), Window.last_days(days, zone, NOW))
    ]


@contextlib.contextmanager
def stored(stack: Stack, events: Sequence[RawEvent]) -> Iterator[Client]:
    """A database of a test module's own that has them."""
    with own_database(stack) as (_, client):
        store(client, events)
        yield client


def _any(rnd: random.Random, middle: datetime, days: int, number: int) -> RawEvent:
    who, hour = rnd.randrange(14), rnd.randrange(-days * 12, days * 12)
    occurred = middle + timedelta(hours=hour, milliseconds=rnd.choice((0, 0, 1, 250, 60_000, 1_800_000)))
    late = rnd.choice((0, 0, 5, 900, 3_600 * 7, 3_600 * 30))
    received = min(occurred + timedelta(seconds=late), NOW)
    kind = rnd.choice(("action", "action", "view", "view", "vital", "error"))
    return RawEvent(
        received_at=received,
        occurred_at=min(occurred, received),
        kind=kind,
        name="page.viewed" if kind == "view" else rnd.choice(("a", "b", "c", "d", HOSTILE[number % 7])),
        page=rnd.choice(("/", "/x", "/y", HOSTILE[number % 7])),
        country=rnd.choice(("FR", "IN", "", HOSTILE[0])),
        user_id=user(who) if who else "",
        session_id=rnd.choice(("", f"s{who}", f"s{who}.{hour // 24}", f"s{who}.{hour // 24}", "shared")),
        is_bot=rnd.random() < 0.1,
        trace_id=rnd.choice(("", "", f"{number:032X}")),
        properties=_properties(rnd),
        tenant=rnd.choice((TENANT, TENANT, TENANT, OTHER_TENANT)),
        number=number,
    )


def _properties(rnd: random.Random) -> dict[str, Any]:
    offered = {
        "plan": rnd.choice(("free", "pro", "", *HOSTILE)),
        "seats": rnd.choice((1.0, 2.0, 10.5, -3.0, "2")),
        "trial": rnd.choice((True, False)),
        HOSTILE[2]: rnd.choice((0.1, "x")),
    }
    return {name: value for name, value in offered.items() if rnd.random() < 0.4}


def midnights(zone: str, first: datetime, days: int) -> Window:
    """A window of whole days of the zone."""
    tz = ZoneInfo(zone)
    start = first.astimezone(tz).date()
    ends = [datetime.combine(start + timedelta(days=add), time(), tz) for add in (0, days)]
    return Window(ends[0], ends[1], tz, NOW)


def text_of(value: Any) -> str:
    """As questions write a property's value."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:g}"
