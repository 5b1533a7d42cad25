"""A projection read as a table of its own, where the server lets it be read so.

Before the engine takes a projection in a table's place, it looks through the index of the table itself, which
takes longer the more is stored (docs/decisions/0012-spans-pass-through.md).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from weakref import WeakSet

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from runtime.cluster.client import ClusterClient

_ACCESS_DENIED, _UNKNOWN_FUNCTION = 497, 46
_REFUSALS = {_ACCESS_DENIED, _UNKNOWN_FUNCTION}
"""Of a user with a row policy, which a summary cannot follow, and of a server without mergeTreeProjection."""
_refused: WeakSet[Client] = WeakSet()


class Statement(Protocol):
    """SQL and its parameters: of the projection, or of the table, where the planner chooses."""

    def __call__(self, *, of_table: bool) -> tuple[str, dict[str, Any]]:
        """Write it."""


def ask(client: Client, statement: Statement, settings: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """Ask the projection, or else the table; a server of a cluster has a part of the projection alone."""
    if isinstance(client, ClusterClient) or client in _refused:
        return _rows(client, statement(of_table=True), settings)
    try:
        return _rows(client, statement(of_table=False), settings)
    except DatabaseError as error:
        if error.code not in _REFUSALS:
            raise
    rows = _rows(client, statement(of_table=True), settings)
    _refused.add(client)  # of the projection alone: what else is denied is denied of the table, too
    return rows


def _rows(
    client: Client, asked: tuple[str, dict[str, Any]], settings: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    sql, parameters = asked
    return client.query(sql, parameters, settings=dict(settings)).result_rows
