"""The live tail: events as they arrive, each once, those that become visible late too."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from uuid import UUID

from clickhouse_connect.driver.client import Client

from queries.usage.entries import COLUMNS, Entry, entry
from queries.usage.filters.matching import Parameters, compile_filter
from queries.usage.filters.tree import Filter
from queries.usage.statement import Statement

SECONDS_BETWEEN = 1.0
EVENTS_A_READ = 1_000


@dataclass(frozen=True)
class TailQuestion:
    """Whose events, from `since` on (by arrival; with an offset).

    An event is shown if it becomes visible before one that arrived `overlap` after it, by the collectors'
    clocks: consumers write side by side, and one may be behind another by so much.
    """

    tenant: str
    since: datetime
    overlap: timedelta = timedelta(seconds=30)
    bots: bool = False
    where: Filter | None = None


def wait_a_second() -> bool:
    """The wait of a tail that nobody stops."""
    return not Event().wait(SECONDS_BETWEEN)


def tail(client: Client, question: TailQuestion, wait: Callable[[], bool] = wait_a_second) -> Iterator[Entry]:
    """Give each event once: those of one look by arrival, then by id.

    After each look it calls `wait`, and ends if that gives False. Raises clickhouse_connect's errors, after
    which a new tail may begin where this one was.
    """
    since = question.since.astimezone(UTC)
    shown: dict[UUID, datetime] = {}
    while True:
        newest = _newest(client, question, since)
        for one in _events(client, question, since):
            if one.event_id not in shown:
                shown[one.event_id] = one.received_at
                yield one
        since = max(since, newest - question.overlap)
        shown = {event: arrived for event, arrived in shown.items() if arrived >= since}
        if not wait():
            return


def statement(question: TailQuestion, since: datetime, after: Entry | None = None) -> Statement:
    """What has arrived since, and after an event: up to EVENTS_A_READ rows with an Entry's columns."""
    parameters: Parameters = {"tenant": question.tenant, "since": _text(since)}
    clauses = [_SINCE]
    if not question.bots:
        clauses.append("NOT is_bot")
    if question.where is not None:
        compiled = compile_filter(question.where)
        clauses.append(compiled.sql)
        parameters |= compiled.parameters
    if after:
        clauses.append(
            "(received_at, toString(event_id)) > ({after:DateTime64(3, 'UTC')}, {after_event:String})"
        )
        parameters |= {"after": _text(after.received_at), "after_event": str(after.event_id)}
    sql = f"""
SELECT {COLUMNS}
FROM usage
WHERE {" AND ".join(clauses)}
ORDER BY received_at, toString(event_id)
LIMIT {EVENTS_A_READ}
"""  # noqa: S608  the pieces stand in this package; what is asked travels as parameters
    return Statement(sql.strip(), parameters)


def _events(client: Client, question: TailQuestion, since: datetime) -> Iterator[Entry]:
    """What is visible now, read piece by piece."""
    after: Entry | None = None
    while True:
        rows = statement(question, since, after).rows(client)
        for row in rows:
            after = entry(row)
            yield after
        if len(rows) < EVENTS_A_READ:
            return


def _newest(client: Client, question: TailQuestion, since: datetime) -> datetime:
    """When the tenant's newest visible event arrived, whatever it is: up to there the consumers have come."""
    sql = f"SELECT max(received_at), count() FROM usage WHERE {_SINCE}"  # noqa: S608  a text of this module
    parameters = {"tenant": question.tenant, "since": _text(since)}
    ((newest, count),) = Statement(sql, parameters).rows(client)
    return newest.replace(tzinfo=UTC) if count else since


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


_SINCE = (
    "tenant = {tenant:String} AND toDate(received_at, 'UTC') >= toDate({since:DateTime64(3, 'UTC')}, 'UTC')"
    " AND received_at >= {since:DateTime64(3, 'UTC')}"
)
