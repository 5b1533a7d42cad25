"""A statement with the days and shares of rolls of a list in the place of a view that would find them out."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from queries.usage.listed import UNCHANGED, Listed
from queries.usage.pieces import PIECES
from queries.usage.sources import ACTIONS, PAGES, SESSIONS, STEPS, Source
from queries.usage.weeks import days_of


@dataclass(frozen=True)
class Reading:
    """How a statement reads a source: in a window whose parameters have a prefix."""

    source: Source
    prefix: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Of the text from FROM to the condition of arrival."""
        whose = r"(?P<whose>(?:tenant = \{tenant:String\} AND )?)"
        return re.compile(
            rf"\bFROM {self.source.view}\s+WHERE {whose}{re.escape(self.source.arrived_in(self.prefix))}"
        )

    def named(self, sql: str, parameters: Mapping[str, Any], of: Listed) -> tuple[str, dict[str, Any]]:
        """The statement with what is read named, and its parameters; as it is where it does not read so."""
        if not self.pattern.search(sql):
            return sql, dict(parameters)
        window = _Window(*(_moment(parameters[f"{self.prefix}{end}"]) for end in ("since", "until")))
        asked = frozenset(re.findall(r"\w+", self.pattern.sub(r"\g<whose>", sql)))
        days = self._days(asked, window, of)
        read = f"({self._read(asked, window, days, of.is_hiding)})"
        text = self.pattern.sub(lambda found: f"FROM {read}\nWHERE {found['whose']}true", sql)
        named = {
            f"{self.prefix}weeks": of.shares_of_weeks(days.weeks),
            f"{self.prefix}shares": of.shares(days.rolled),
            f"{self.prefix}opened": days.opened,
        }
        return text, {**parameters, **named}

    def _days(self, asked: Collection[str], window: "_Window", of: Listed) -> "_Days":
        tells_when = not {"day", self.source.time}.isdisjoint(asked)
        weeks = [] if tells_when or not PIECES[self.source.view].weeks else window.containing(of.weeks)
        of_weeks = {day for monday in weeks for day in days_of(monday)}
        rolled = [day for day in window.touched(of.rolls) if day not in of_weeks]
        return _Days(weeks, rolled, window.touched(of.opened))

    def _read(self, asked: Collection[str], window: "_Window", days: "_Days", is_hiding: bool) -> str:
        pieces, arrived = PIECES[self.source.view], self.source.arrived_in(self.prefix)
        parts: list[tuple[Callable[[Collection[str], str], str], list[str]]] = []
        if days.weeks:
            parts.append((pieces.of_weeks, [f"share IN {{{self.prefix}weeks:Array(String)}}"]))
        if days.rolled or not (days.weeks or days.opened):
            named = f"share IN {{{self.prefix}shares:Array(String)}}"
            parts.append((pieces.of_rolls, [named, *[arrived] * window.cuts(days.rolled)]))
        if days.opened:
            named = f"day IN {{{self.prefix}opened:Array(Date)}}"
            read = partial(pieces.of_events, is_hiding=is_hiding)
            parts.append((read, [named, *[arrived] * window.cuts(days.opened)]))
        parts[0][1].append(UNCHANGED)
        return " UNION ALL ".join(each(asked, " AND ".join(clauses)) for each, clauses in parts)


READINGS = tuple(
    Reading(source, prefix) for source in (SESSIONS, ACTIONS, PAGES, STEPS) for prefix in ("", "before_")
)
"""How questions read rolls at all; those with a prefix compare with the time before."""


@dataclass(frozen=True)
class _Days:
    """What is read of a window: weeks by their Mondays, the rolls of other days, open days."""

    weeks: list[date]
    rolled: list[date]
    opened: list[date]


@dataclass(frozen=True)
class _Window:
    since: datetime
    until: datetime

    def touched(self, days: Iterable[date]) -> list[date]:
        """The UTC days that have a moment of it."""
        return sorted(day for day in days if _midnight(day, 1) > self.since and _midnight(day) < self.until)

    def containing(self, mondays: Iterable[date]) -> list[date]:
        """The weeks of which it has every moment."""
        return sorted(
            day for day in mondays if _midnight(day) >= self.since and _midnight(day, 7) <= self.until
        )

    def cuts(self, days: Iterable[date]) -> bool:
        """Whether a part of one of these days is not of it."""
        return any(_midnight(day) < self.since or _midnight(day, 1) > self.until for day in days)


def _midnight(day: date, later: int = 0) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=later)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
