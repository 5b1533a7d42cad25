"""A statement for one server becomes those for a cluster; an unknown one is refused, never passed on."""

from collections.abc import Callable, Mapping
from typing import Any

from runtime.cluster.changes import alter
from runtime.cluster.clauses import after, skip
from runtime.cluster.creations import create_landing_view, create_table, create_view, drop_table
from runtime.cluster.layout import Layout
from runtime.cluster.names import see_all_servers, solid
from runtime.cluster.rights import create_access, grant
from runtime.cluster.words import ClusterRefused, Word, read, write

_ASKS = ("SELECT", "WITH", "INSERT", "EXPLAIN", "SHOW", "DESCRIBE", "EXISTS", "SET", "SYSTEM")


def render(statement: str, layout: Layout, parameters: Mapping[str, Any] | None = None) -> list[str]:
    """What to run on one server of the cluster, in order, for a statement that was written for one server.

    `parameters` are the statement's; a table that they name is needed. Raises ClusterRefused.
    """
    words = read(statement.strip())
    at = solid(words, 0)
    if at == len(words):
        raise ClusterRefused("The statement is empty.")
    first = words[at].text.upper()
    if first in _ASKS or words[at].text == "(":
        return [write(see_all_servers(words, layout))]
    for heads, renderer in _STATEMENTS:
        if (place := after(words, at, heads)) is not None:
            return renderer(words, place, layout, parameters or {})
    if first in ("BACKUP", "RESTORE"):
        raise ClusterRefused("A cluster is backed up by ClickHouse's own BACKUP: docs/how-to/cluster.md.")
    raise ClusterRefused(
        f"{' '.join(statement.split())[:60]!r} is no statement that is known on a cluster: "
        "say in runtime/cluster/render.py how it is run there."
    )


def _kill(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    return [f"{write(words[:at])}{layout.on_cluster} {write(words[at:])}"]


def _database(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    for keyword in (("IF", "NOT", "EXISTS"), ("IF", "EXISTS")):
        at = skip(words, at, *keyword)
    return [f"{write(words[: at + 1])} {layout.on_cluster}{write(words[at + 1 :])}"]


Renderer = Callable[[list[Word], int, Layout, Mapping[str, Any]], list[str]]
_STATEMENTS: tuple[tuple[tuple[str, ...], Renderer], ...] = (
    (("CREATE", "TABLE"), create_table),
    (("CREATE", "MATERIALIZED", "VIEW"), create_landing_view),
    (("CREATE", "OR", "REPLACE", "VIEW"), create_view),
    (("CREATE", "VIEW"), create_view),
    (("CREATE", "DATABASE"), _database),
    (("DROP", "DATABASE"), _database),
    (("DROP", "TABLE"), drop_table),
    (("ALTER", "TABLE"), alter),
    (("KILL", "QUERY"), _kill),
    (("CREATE", "ROLE"), create_access),
    (("CREATE", "USER"), create_access),
    (("CREATE", "ROW", "POLICY"), create_access),
    (("GRANT",), grant),
)
