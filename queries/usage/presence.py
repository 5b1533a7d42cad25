"""On which days each user, or each tenant, was active: one number each, of which bit n is the n-th day read.

Millions of pieces become some twenty thousand numbers, and each question about days is asked of those: the
users of any span of days are the numbers that share a bit with the span's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from queries.usage.filters.tree import Filter, fields_of
from queries.usage.scope import scope
from queries.usage.sources import EVENTS, SESSIONS, CountedSource
from queries.usage.statement import Statement
from queries.usage.window import Window

_USER = {SESSIONS.view: ("user", "user != 0"), EVENTS.view: ("user_id", "user_id != ''")}
_COUNT = {SESSIONS.view: "events", EVENTS.view: "1"}

SPANS = """arrayMap(
        (first, last) -> bitShiftLeft(
            toUInt128(bitShiftLeft(toUInt128(1), toUInt8(last - first + 1)) - 1),
            toUInt8(first - {first_day:Date})
        ),
        {firsts:Array(Date)}, {lasts:Array(Date)}
    )"""
"""The spans of spans.span_parameters as numbers of the same kind."""


@dataclass(frozen=True)
class Asked:
    """Whose activity is read: a tenant's, or None for all tenants'; people only unless `bots`."""

    tenant: str | None
    window: Window
    bots: bool = False
    where: Filter | None = None

    @property
    def source(self) -> CountedSource:
        """The exact source whose pieces do not cross a midnight."""
        fields = fields_of(self.where) if self.where else ()
        return SESSIONS if SESSIONS.has(fields) and self.window.fits_hours("day") else EVENTS

    def pieces(self, columns: Iterable[str], and_where: str = "", prefix: str = "f") -> Statement:
        """The pieces that are asked about: `SELECT columns FROM …`, to which a GROUP BY may be added."""
        scoped = scope(self, self.source, prefix)
        where = f"{scoped.sql} AND {and_where}" if and_where else scoped.sql
        first_day = self.window.since.astimezone(self.window.zone).date().isoformat()
        sql = f"SELECT {', '.join(columns)}\n    FROM {self.source.view}\n    WHERE {where}"  # noqa: S608  our own
        return Statement(sql, {**scoped.parameters, "first_day": first_day})

    @property
    def user(self) -> str:
        """The expression of a piece's user, equal for the same user of a tenant only."""
        return _USER[self.source.view][0]

    @property
    def is_user(self) -> str:
        """The condition that a piece has a user."""
        return _USER[self.source.view][1]

    @property
    def events(self) -> str:
        """The expression of how many events a piece has."""
        return _COUNT[self.source.view]

    @property
    def date(self) -> str:
        """The expression of a piece's calendar day."""
        return f"toDate({self.source.time}, {{zone:String}})"

    @property
    def days(self) -> str:
        """The aggregate of the days of a group of pieces, as one number."""
        return f"groupBitOr(bitShiftLeft(toUInt128(1), toUInt8({self.date} - {{first_day:Date}})))"


def presence(asked: Asked) -> Statement:
    """A row for each user of the tenant, or for each tenant where none is named, of one column: `days`."""
    if asked.tenant is None:
        pieces, who = asked.pieces([f"{asked.days} AS days"]), "tenant"
    else:
        pieces, who = asked.pieces([f"{asked.days} AS days"], asked.is_user), asked.user
    return Statement(f"{pieces.sql}\n    GROUP BY {who}", pieces.parameters)
