"""Which days are closed is found out once for a statement, and the rolls that it reads are named to it.

The views `usage_sessions`, `usage_actions` and `usage_pages` find it out in each of their halves. What is
asked here is the same, of one list, whatever happens meanwhile: an answer whose list has become untrue is
asked for anew.
"""

import re
from collections.abc import Mapping
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.query import QueryResult

from queries.usage.pieces import PIECES

_CHANGES = """(
    (SELECT (count(), max(at)) FROM unrolled),
    (SELECT (count(), max(rolled_at)) FROM rolled_days)
)"""
"""They change before any row of a roll that was named is deleted, by an erasure or for a newer roll."""
LISTED = f"SELECT groupArray(day), groupArray(roll), any(toString({_CHANGES})) FROM closed_days"  # noqa: S608
_CHANGED = "the rolls have changed"
_UNCHANGED = f"throwIf(toString({_CHANGES}) != {{changes:String}}, '{_CHANGED}') = 0"
_READ = re.compile(rf"\bFROM ({'|'.join(PIECES)})\b")
_TIMES = 3


def ask(client: Client, sql: str, parameters: Mapping[str, Any]) -> QueryResult:
    """Ask it, with the rolls named where it reads any; raises clickhouse_connect's errors."""
    for _ in range(_TIMES if _READ.search(sql) else 0):
        days, rolls, changes = client.query(LISTED).result_rows[0]
        if not days:
            break
        named = {"closed_days": days, "rolls": rolls, "changes": changes}
        try:
            return client.query(_READ.sub(_named, sql), {**parameters, **named})
        except DatabaseError as error:
            if _CHANGED not in str(error):
                raise
    return client.query(sql, dict(parameters))


def _named(found: re.Match[str]) -> str:
    return f"FROM ({PIECES[found[1]].named(_UNCHANGED)})"
