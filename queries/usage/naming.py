"""A statement with the days and shares of rolls of a list in the place of a view that would find them out."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from queries.usage.listed import UNCHANGED, Listed
from queries.usage.pieces import PIECES
from queries.usage.sources import ACTIONS, PAGES, SESSIONS, STEPS, Source


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
        rolled, opened = sorted(window.touched(of.rolls)), sorted(window.touched(of.opened))
        asked = frozenset(re.findall(r"\w+", self.pattern.sub(r"\g<whose>", sql)))
        read = f"({self._read(asked, window, rolled, opened, of.is_hiding)})"
        text = self.pattern.sub(lambda found: f"FROM {read}\nWHERE {found['whose']}true", sql)
        named = {f"{self.prefix}shares": of.shares(rolled), f"{self.prefix}opened": opened}
        return text, {**parameters, **named}

    def _read(
        self,
        asked: Collection[str],
        window: "_Window",
        rolled: Collection[date],
        opened: Collection[date],
        is_hiding: bool,
    ) -> str:
        pieces, arrived, halves = PIECES[self.source.view], self.source.arrived_in(self.prefix), []
        if rolled or not opened:
            clauses = [f"share IN {{{self.prefix}shares:Array(String)}}", UNCHANGED]
            halves.append(pieces.of_rolls(asked, " AND ".join(clauses + [arrived] * window.cuts(rolled))))
        if opened:
            clauses = [f"day IN {{{self.prefix}opened:Array(Date)}}"] + [UNCHANGED] * (not rolled)
            halves.append(
                pieces.of_events(asked, " AND ".join(clauses + [arrived] * window.cuts(opened)), is_hiding)
            )
        return " UNION ALL ".join(halves)


READINGS = tuple(
    Reading(source, prefix) for source in (SESSIONS, ACTIONS, PAGES, STEPS) for prefix in ("", "before_")
)
"""How questions read rolls at all; those with a prefix compare with the time before."""


@dataclass(frozen=True)
class _Window:
    since: datetime
    until: datetime

    def touched(self, days: Iterable[date]) -> list[date]:
        """The UTC days that have a moment of it."""
        return [day for day in days if _midnight(day, 1) > self.since and _midnight(day) < self.until]

    def cuts(self, days: Iterable[date]) -> bool:
        """Whether a part of one of these days is not of it."""
        return any(_midnight(day) < self.since or _midnight(day, 1) > self.until for day in days)


def _midnight(day: date, later: int = 0) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=later)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
