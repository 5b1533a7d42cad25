"""Where an answer is read from: the rolled-up pieces where they have all that is asked, else every event."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from queries.usage.fields import PROPERTY
from queries.usage.filters.matching import VIEW
from queries.usage.window import Interval, Window


@dataclass(frozen=True)
class Source:
    """A view: its columns of arrival, its expressions of fields."""

    view: str
    day: str
    time: str
    fields: Mapping[str, str]

    @property
    def arrived(self) -> str:
        """The condition that a piece lies in a window, by its parameters; the day prunes partitions."""
        return self.arrived_in("")

    def arrived_in(self, prefix: str) -> str:
        """The same for a window whose parameters' names have a prefix."""
        since, until = (f"{{{prefix}{end}:DateTime64(3, 'UTC')}}" for end in ("since", "until"))
        return (
            f"{self.day} >= toDate({since}, 'UTC') AND {self.day} <= toDate({until}, 'UTC')"
            f" AND {self.time} >= {since} AND {self.time} < {until}"
        )

    def has(self, fields: Iterable[str]) -> bool:
        """Whether it knows each of these fields."""
        return all(
            PROPERTY in self.fields if name.startswith(PROPERTY) else name in self.fields for name in fields
        )


@dataclass(frozen=True)
class CountedSource(Source):
    """One of which events, users and sessions are counted, by its expressions; whether users are exact.

    So are then sessions, up to `exact_sessions` where that is a number.
    """

    events: str
    users: str
    sessions: str
    is_exact: bool = True
    exact_sessions: int | None = None

    def counts_exactly(self, sessions: int) -> bool:
        """Whether the users, and so many sessions, are no estimates."""
        return self.is_exact and (self.exact_sessions is None or sessions <= self.exact_sessions)


_USER_OF_NUMBER = "if(user = 0, '', leftPad(lower(hex(user)), 32, '0'))"
_OF_A_SESSION = (
    "browser", "browser_version", "system", "system_version", "device", "country", "region", "city",
    "language", "release", "bot",
)  # fmt: skip

SESSIONS = CountedSource(
    view="usage_sessions",
    day="day",
    time="hour",
    fields={name: VIEW[name] for name in _OF_A_SESSION} | {"user": _USER_OF_NUMBER},
    events="sum(events)",
    users="uniqExactIf(user, user != 0)",
    # A large tenant has a million sessions in ninety days, nearly one a piece: a set of them is half of what
    # the answer costs. This sketch is a set up to 2,048, then within 0.4 % (standard error).
    sessions="uniqCombined64If(16)(session, session != 0)",
    exact_sessions=2_000,
)
ACTIONS = CountedSource(
    view="usage_actions",
    day="day",
    time="slice",
    fields={name: VIEW[name] for name in ("action", "kind", "bot")},
    events="sum(events)",
    users="uniqCombinedMerge(12)(users)",
    sessions="uniqCombinedMerge(12)(sessions)",
    is_exact=False,
)
PAGES = CountedSource(
    view="usage_pages",
    day="day",
    time="slice",
    fields={name: VIEW[name] for name in ("page", "bot")},
    events="sum(events)",
    users="uniqCombinedMerge(12)(users)",
    sessions="uniqCombinedMerge(12)(sessions)",
    is_exact=False,
)
STEPS = Source(
    view="usage_steps",
    day="day",
    time="slice",
    fields=ACTIONS.fields,
)
"""One row an event of whoever has an id, as funnels need them."""
EVENTS = CountedSource(
    view="usage",
    day="toDate(received_at, 'UTC')",
    time="received_at",
    fields=VIEW,
    events="count()",
    users="uniqExactIf(user_id, user_id != '')",
    sessions="uniqExactIf(session_id, session_id != '')",
)


def source_for(fields: Iterable[str], window: Window, interval: Interval | None = None) -> CountedSource:
    """The cheapest source that has the fields, and pieces that fit the borders of window and buckets."""
    fields = list(fields)
    if SESSIONS.has(fields) and window.fits_hours(interval):
        return SESSIONS
    if interval != "hour" and window.fits_slices(interval):
        for source in (ACTIONS, PAGES):
            if source.has(fields):
                return source
    return EVENTS
