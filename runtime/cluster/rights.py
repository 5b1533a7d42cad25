"""How roles, users, policies and grants are made on a cluster: for both names of a spread table."""

from collections.abc import Mapping
from typing import Any

from runtime.cluster.clauses import skip
from runtime.cluster.layout import EVERYWHERE, LOCAL, PLAIN_VIEWS, SPREAD, Layout
from runtime.cluster.names import solid
from runtime.cluster.words import ClusterRefused, Word, write

_ALREADY_FOR_ALL = ("*", "system", "REMOTE")


def create_access(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    """A role, a user or a row policy. Raises ClusterRefused."""
    at = skip(words, at, "IF", "NOT", "EXISTS")
    head = f"{write(words[: at + 1])} {layout.on_cluster}"
    on = solid(words, at + 1)
    if on == len(words) or not words[on].says("ON"):
        return [head + write(words[at + 1 :])]
    table = solid(words, on + 1)
    return [
        head + write(words[at + 1 : table]) + name + write(words[table + 1 :]) for name in _both(words[table])
    ]


def grant(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    """A right on a table, on a system table, or of the whole server. Raises ClusterRefused."""
    head = f"GRANT {layout.on_cluster} "
    on = next((place for place in range(at, len(words)) if words[place].says("ON")), None)
    if on is None:  # a role
        return [head + write(words[at:])]
    table = solid(words, on + 1)
    if words[table].text in _ALREADY_FOR_ALL:
        return [head + write(words[at:])]
    return [head + write(words[at:table]) + name + write(words[table + 1 :]) for name in _both(words[table])]


def _both(table: Word) -> list[str]:
    if table.name in SPREAD:
        return [table.name, table.name + LOCAL]
    if table.name in EVERYWHERE or table.name in PLAIN_VIEWS:
        return [table.name]
    raise ClusterRefused(f"A right on {table.text}, of which it is not said where it rests.")
