"""A town at random: people with sessions, traces and shared machines, and an oracle of whose each row is.

The oracle works on the rows in memory, by the words of docs/reference/rights.md, and shares nothing with SQL.
"""

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.privacy.rights.people import Row, event, span

_DAYS, _PEOPLE = 3, 10
USER, SESSION, TRACE = 6, 7, 8
"""Where they stand in an event's row; in a span's, one place later each but for the trace's bytes."""


@dataclass
class Town:
    """Rows of one tenant."""

    seed: str
    events: list[Row] = field(default_factory=list)
    spans: list[Row] = field(default_factory=list)
    people: list[str] = field(default_factory=list)

    @classmethod
    def at_random(cls, seed: str) -> "Town":
        town, chance = cls(seed), random.Random(seed)
        town.people = [f"{chance.getrandbits(128):032x}" for _ in range(_PEOPLE)]
        sessions = [f"{seed}-{number}" for number in range(14)] + ["", ""]
        traces = [f"{chance.getrandbits(128):032x}" for _ in range(30)] + ["", "", ""]
        for _ in range(90):
            user = chance.choice([*town.people, "", "", ""])
            trace = chance.choice(traces)
            town.events.append(event(
                user, chance.choice(sessions), chance.choice([trace, trace.upper()]),
                days_ago=chance.randrange(_DAYS), retention=chance.choice([30, 90]),
            ))  # fmt: skip
        for _ in range(40):
            trace = chance.choice(traces[:-3]) if chance.random() < 0.8 else uuid.uuid4().hex
            whose = chance.choice([*town.people, "", "", ""]), chance.choice(sessions)
            town.spans.append(span(*whose, trace, days_ago=chance.randrange(_DAYS)))
        return town

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Id, user, session and trace of every event and span."""
        events = [(row[9].hex(), row[6], row[7], row[8].lower()) for row in self.events]
        return events + [(row[10].hex(), row[7], row[8], row[9].hex()) for row in self.spans]

    def of(self, person: str) -> set[str]:
        """The ids of the rows that are this person's."""
        rows = self.rows()
        sessions = {session for _, user, session, _ in rows if user == person} - {""}
        named = [row for row in rows if row[1] == person or (not row[1] and row[2] in sessions)]
        traces = {trace for *_, trace in named} - {""}
        orphans = {one for one, user, session, trace in rows if not user and not session and trace in traces}
        return {one for one, *_ in named} | orphans

    def without(self, persons: Iterable[str]) -> set[str]:
        """The ids of the rows that stay when these are erased."""
        gone = {one for person in persons for one in self.of(person)}
        return {one for one, *_ in self.rows()} - gone

    def shown_to(self, person: str) -> tuple[set[str], set[str]]:
        """The ids of the events and of the spans that an export shows: without what others were in too."""
        rows = self.rows()
        others = {value for _, user, session, trace in rows if user not in ("", person)
                  for value in (f"s{session}", f"t{trace}")}  # fmt: skip
        sessions = {row[2] for row in rows if row[1] == person} - {""}
        own = {one for one in sessions if f"s{one}" not in others}
        named = [row for row in rows if row[1] == person or (not row[1] and row[2] in own)]
        traces = {row[3] for row in named if f"t{row[3]}" not in others} - {""}
        shown = {row[0] for row in named} | {
            one for one, user, session, trace in rows if not user and not session and trace in traces
        }
        events = {row[9].hex() for row in self.events}
        return shown & events, shown - events
