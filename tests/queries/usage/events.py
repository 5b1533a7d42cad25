"""Events as they are stored, made at random, of few users, days and values, so that they meet."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from clickhouse_connect.driver.client import Client

from jobs.roll_up import roll_up

NOW = datetime.now(UTC).replace(hour=13, minute=20, second=0, microsecond=0)
"""When the tests ask: today, since the views tell by the server's clock what is kept."""
EMPTY_TENANT = "nobody"
TENANTS = ("acme", "globex", "initech")


@dataclass(frozen=True)
class Event:
    """One row of usage_events, of which the tests ask only this."""

    received_at: datetime
    tenant: str
    user_id: str = ""
    session_id: str = ""
    name: str = "invoice.sent"
    kind: str = "action"
    is_bot: bool = False
    country: str = "FR"
    page: str = "/"
    retention_days: int = 90

    def day(self, zone: str) -> date:
        return self.received_at.astimezone(ZoneInfo(zone)).date()


def user(number: int) -> str:
    """A pseudonym: 32 hexadecimal digits."""
    return f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"


def insert(client: Client, events: Sequence[Event]) -> None:
    """Store them, a few days an INSERT, since each day is a partition."""
    names = [field.name for field in fields(Event)]
    client.insert(
        "usage_events",
        [astuple(event) for event in events],
        column_names=names,
        settings={"max_partitions_per_insert_block": 1_000},
    )


def roll_up_days(client: Client, days: int) -> None:
    """Close the newest that are past: today and the older ones are read event by event still."""
    assert len(list(islice(roll_up(client), days))) == days


def random_events(seed: int, users: int = 40) -> list[Event]:
    """Ninety days of three tenants that share users and sessions, with bots and events of nobody."""
    chance = random.Random(seed)
    return [event for tenant in TENANTS for event in _tenant_events(chance, tenant, users)]


def _tenant_events(chance: random.Random, tenant: str, users: int) -> Iterator[Event]:
    for number in range(users):
        first, last = sorted(chance.choices(range(-1, 92), k=2))
        for days_ago in range(first, last + 1, chance.choice((1, 1, 3, 7, 25))):
            for _ in range(chance.choice((0, 1, 2))):
                yield Event(
                    _moment(chance, days_ago),
                    tenant,
                    user(number) if number else "",
                    chance.choice(("", f"s{number}-{days_ago}", "shared")),
                    chance.choice(("invoice.sent", "invoice.paid", "signed_in")),
                    chance.choice(("action", "action", "view")),
                    number % 9 == 1 or chance.random() < 0.03,
                    chance.choice(("FR", "DE", "IN")),
                    chance.choice(("/", "/invoices")),
                    90,
                )


def _moment(chance: random.Random, days_ago: int) -> datetime:
    """Often near a midnight or the border of an hour, of some zone."""
    hour, minute, second = chance.choice((0, 4, 5, 13, 18, 22, 23)), chance.choice((0, 29, 30, 59)), 59
    at = datetime(NOW.year, NOW.month, NOW.day, hour, minute, chance.choice((0, second)), tzinfo=UTC)
    return at - timedelta(days=days_ago, milliseconds=chance.choice((0, 1)))


def visible(events: Sequence[Event], now: datetime = NOW) -> list[Event]:
    """Those that the views show: of the last ninety days in UTC, and of the retention."""
    today = now.astimezone(UTC).date()
    return [
        event for event in events if event.day("UTC") > today - timedelta(days=min(90, event.retention_days))
    ]
