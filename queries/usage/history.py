"""History: what a user, or a session, did, the newest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from queries.usage.entries import COLUMNS, Entry, entry
from queries.usage.filters.matching import Parameters
from queries.usage.filters.tree import Filter
from queries.usage.scope import scope
from queries.usage.statement import Statement
from queries.usage.window import Window

_PLACE = "(toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(received_at), toString(event_id))"
"""What events are ordered by: no two have it in common."""


class MalformedHistory(ValueError):
    """Asked of nobody, or from no place; the message says why."""


@dataclass(frozen=True)
class HistoryQuestion:
    """Whose history: of users, by pseudonym, or of one session; what arrived in the window.

    `cursor` is that of the page before, which has newer events.
    """

    tenant: str
    window: Window
    users: Sequence[str] = ()
    session: str = ""
    limit: int = 100
    cursor: str | None = None
    bots: bool = False
    where: Filter | None = None

    def __post_init__(self) -> None:
        """Raise MalformedHistory where it is of nobody, of an empty pseudonym, or from no place."""
        if bool(self.users) == bool(self.session) or "" in self.users:
            raise MalformedHistory("A history is of one or more users, or of a session.")
        if self.limit < 1:
            raise MalformedHistory(f"{self.limit} events: expected at least 1.")
        if self.cursor is not None:
            _place(self.cursor)


@dataclass(frozen=True)
class Visit:
    """Events of one session of one user that nothing else came between, the newest first."""

    user: str
    session: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class History:
    """A page: visits, the newest first, and the cursor of the next page, None at the end."""

    visits: tuple[Visit, ...]
    cursor: str | None


def history(client: Client, question: HistoryQuestion) -> History:
    """Answer: by when it occurred, then when it arrived, then by the event's id."""
    entries = [entry(row) for row in statement(question).rows(client)]
    shown, more = entries[: question.limit], len(entries) > question.limit
    visits = (
        Visit(user, session, tuple(together))
        for (user, session), together in groupby(shown, lambda one: (one.user, one.session))
    )
    return History(tuple(visits), _cursor(shown[-1]) if more else None)


def statement(question: HistoryQuestion) -> Statement:
    """A row an event, with the columns of an Entry; one more than the limit, where there is."""
    scoped = scope(question)
    parameters: Parameters = {**scoped.parameters, "limit": question.limit}
    clauses = [scoped.sql]
    if question.users:
        clauses.append("user_id IN {users:Array(String)}")
        parameters["users"] = list(question.users)
    else:
        clauses.append("session_id = {session:String}")
        parameters["session"] = question.session
    if question.cursor is not None:
        clauses.append(f"{_PLACE} < ({{occurred:Int64}}, {{received:Int64}}, {{event:String}})")
        parameters |= _place(question.cursor)
    sql = f"""
SELECT {COLUMNS}
FROM usage
WHERE {" AND ".join(clauses)}
ORDER BY {_PLACE} DESC
LIMIT {{limit:UInt32}} + 1
"""  # noqa: S608  the pieces stand in this package; what is asked travels as parameters
    return Statement(sql.strip(), parameters)


def _cursor(last: Entry) -> str:
    return f"{_milliseconds(last.occurred_at)}.{_milliseconds(last.received_at)}.{last.event_id}"


def _place(cursor: str) -> dict[str, Any]:
    """Read one; raises MalformedHistory."""
    try:
        occurred, received, event = cursor.split(".")
        return {"occurred": int(occurred), "received": int(received), "event": str(UUID(event))}
    except ValueError as error:
        raise MalformedHistory("The cursor is none: expected one that a page gave.") from error


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
