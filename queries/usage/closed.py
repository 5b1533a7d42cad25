"""Which days are closed is found out once for a statement, and those that it reads are named in its text.

The views `usage_sessions`, `usage_actions` and `usage_pages` find it out in each of their halves, and look at
every day and column. What is asked here is the same, of one list, whatever happens meanwhile: an answer whose
list has become untrue is asked for anew.
"""

from collections.abc import Mapping
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.query import QueryResult

from queries.usage.listed import CHANGED, listed
from queries.usage.naming import READINGS

_TIMES = 3


def ask(client: Client, sql: str, parameters: Mapping[str, Any]) -> QueryResult:
    """Ask it, with the days named where it reads rolls; raises clickhouse_connect's errors."""
    readings = [reading for reading in READINGS if reading.pattern.search(sql)]
    for _ in range(_TIMES if readings else 0):
        of = listed(client)
        text, named = sql, {**parameters, **of.state}
        for reading in readings:
            text, named = reading.named(text, named, of)
        try:
            return client.query(text, named)
        except DatabaseError as error:
            if CHANGED not in str(error):
                raise
    return client.query(sql, dict(parameters))
