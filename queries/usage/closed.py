"""Which days are closed is found out once for a client; those that a statement reads are named in its text.

The views `usage_sessions`, `usage_actions` and `usage_pages` find it out in each of their halves, and look at
every day and column. What is asked here is the same, of one list, whatever happens meanwhile: a statement is
refused when its list is true no more, and asked anew with another.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.query import QueryResult

from queries.usage.listed import CHANGED, Listed, listed
from queries.usage.naming import READINGS

_TIMES = 3
_TOLD: WeakKeyDictionary[Client, Listed] = WeakKeyDictionary()
"""The list that each client was told last."""


def ask(client: Client, sql: str, parameters: Mapping[str, Any]) -> QueryResult:
    """Ask it, with the days named where it reads rolls; raises clickhouse_connect's errors."""
    readings = [reading for reading in READINGS if reading.pattern.search(sql)]
    for of in _lists(client) if readings else ():
        text, named = sql, {**parameters, **of.state}
        for reading in readings:
            text, named = reading.named(text, named, of)
        try:
            return client.query(text, named)
        except DatabaseError as error:
            if CHANGED not in str(error):
                raise
    return client.query(sql, dict(parameters))


def _lists(client: Client) -> Iterator[Listed]:
    """The one that it was told last, then new ones."""
    if client in _TOLD:
        yield _TOLD[client]
    for _ in range(_TIMES):
        _TOLD[client] = listed(client)
        yield _TOLD[client]
