"""A statement for one server becomes those for a cluster; an unknown one is refused, never passed on."""

from collections.abc import Callable, Mapping
from typing import Any

from runtime.cluster.layout import EVERYWHERE, LANDING_VIEWS, LOCAL, PLAIN_VIEWS, SPREAD, Layout
from runtime.cluster.names import localise, see_all_servers, solid
from runtime.cluster.words import ClusterRefused, Kind, Word, read, write

_ASKS = ("SELECT", "WITH", "INSERT", "EXPLAIN", "SHOW", "DESCRIBE", "EXISTS", "SET", "SYSTEM")
_CHANGES_COLUMNS = (("ADD", "COLUMN"), ("DROP", "COLUMN"), ("MODIFY", "COLUMN"), ("RENAME", "COLUMN"))
_MAY_HAVE_COMMAS = (("UPDATE",), ("MODIFY", "SETTING"))
_CHANGES_NO_COLUMN = (
    ("ADD", "PROJECTION"), ("DROP", "PROJECTION"), ("MODIFY", "SETTING"), ("MODIFY", "TTL"), ("UPDATE",),
    ("DELETE",), ("DROP", "PARTITION"), ("DROP", "DETACHED"),
)  # fmt: skip


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
        after = _after(words, at, heads)
        if after is not None:
            return renderer(words, after, layout, parameters or {})
    raise ClusterRefused(
        f"{' '.join(statement.split())[:60]!r} is no statement that is known on a cluster: "
        "say in runtime/cluster/render.py how it is run there."
    )


def _create_table(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    at = _skip(words, at, "IF", "NOT", "EXISTS")
    name, engine = words[at].name, _engine(words)
    is_null = words[engine].says("NULL")
    if not is_null and words[engine].text != "MergeTree":
        raise ClusterRefused(f"The engine {words[engine].text} of {name} is not known on a cluster.")
    if not is_null and words[min(solid(words, engine + 1), len(words) - 1)].text == "(":
        raise ClusterRefused(f"The engine of {name} has arguments: it is not known how they are replicated.")
    if name not in SPREAD and name not in EVERYWHERE:
        raise ClusterRefused(
            f"It is not said where the table {name} rests: add it to runtime/cluster/layout.py."
        )
    own = name + LOCAL if name in SPREAD else name
    made = [_DEDUPLICATION.get(word.text, word) for word in words]
    made[at] = Word(Kind.NAME, f"{own} {layout.on_cluster}")
    if not is_null:
        made[engine] = Word(Kind.NAME, f"ReplicatedMergeTree({layout.keeper(name)})")
    return [write(made), *_distributed(name, layout)]


def _create_view(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    at = _skip(words, at, "IF", "NOT", "EXISTS")
    name, head, body = words[at].name, words[:at], words[at + 1 :]
    if name in SPREAD:
        body, own = localise(body), name + LOCAL
    elif name in PLAIN_VIEWS:
        body, own = see_all_servers(body, layout), name
    else:
        raise ClusterRefused(
            f"It is not said where the view {name} rests: add it to runtime/cluster/layout.py."
        )
    return [f"{write(head)}{own} {layout.on_cluster}{write(body)}", *_distributed(name, layout)]


def _create_landing_view(
    words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]
) -> list[str]:
    at = _skip(words, at, "IF", "NOT", "EXISTS")
    _refuse_unless_landing(words[at].name)
    return [f"{write(words[: at + 1])} {layout.on_cluster}{write(localise(words[at + 1 :]))}"]


def _alter(words: list[Word], at: int, layout: Layout, parameters: Mapping[str, Any]) -> list[str]:
    name = _table(words[at], parameters)
    change = solid(words, at + 1)
    if _after(words, change, ("MODIFY", "QUERY")) is not None:
        _refuse_unless_landing(name)
        body = localise(words[at + 1 :])
        return [f"ALTER TABLE {name} {layout.on_cluster}{write(body)}"]
    if name in EVERYWHERE:  # its one log of changes reaches every server
        return [f"{write(_named(words, at, name))}"]
    if name not in SPREAD or not SPREAD[name]:
        raise ClusterRefused(f"It is not known on a cluster how to alter {name}.")
    body = words[at + 1 :]
    if any(word.name in SPREAD for word in body):
        raise ClusterRefused(
            f"A change of {name} reads another spread table: each server would read its own."
        )
    changed = f"ALTER TABLE {name}{LOCAL} {layout.on_cluster}{write(body)}"
    return [changed, *(_distributed(name, layout) if _changes_columns(body) else [])]


def _kill(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    return [f"{write(words[:at])}{layout.on_cluster} {write(words[at:])}"]


def _database(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    for keyword in (("IF", "NOT", "EXISTS"), ("IF", "EXISTS")):
        at = _skip(words, at, *keyword)
    return [f"{write(words[: at + 1])} {layout.on_cluster}{write(words[at + 1 :])}"]


_DEDUPLICATION = {
    "non_replicated_deduplication_window": Word(Kind.NAME, "replicated_deduplication_window"),
}
Renderer = Callable[[list[Word], int, Layout, Mapping[str, Any]], list[str]]
_STATEMENTS: tuple[tuple[tuple[str, ...], Renderer], ...] = (
    (("CREATE", "TABLE"), _create_table),
    (("CREATE", "MATERIALIZED", "VIEW"), _create_landing_view),
    (("CREATE", "OR", "REPLACE", "VIEW"), _create_view),
    (("CREATE", "VIEW"), _create_view),
    (("CREATE", "DATABASE"), _database),
    (("DROP", "DATABASE"), _database),
    (("ALTER", "TABLE"), _alter),
    (("KILL", "QUERY"), _kill),
)


def _distributed(name: str, layout: Layout) -> list[str]:
    """The table over all servers, made anew with the columns that the local one now has."""
    if name not in SPREAD:
        return []
    key = f", {SPREAD[name]}" if SPREAD[name] else ""
    return [
        f"CREATE OR REPLACE TABLE {name} {layout.on_cluster} AS {name}{LOCAL}\n"
        f"ENGINE = Distributed('{layout.cluster}', currentDatabase(), '{name}{LOCAL}'{key})"
    ]


def _after(words: list[Word], at: int, heads: tuple[str, ...]) -> int | None:
    """The place after these keywords, or None where others stand."""
    for head in heads:
        if at >= len(words) or not words[at].says(head):
            return None
        at = solid(words, at + 1)
    return at


def _skip(words: list[Word], at: int, *heads: str) -> int:
    after = _after(words, at, heads)
    return at if after is None else after


def _changes_columns(body: list[Word]) -> bool:
    """Whether any of the changes, which commas part, is of columns; each must be known."""
    kinds: list[tuple[str, ...]] = []
    for change in _parted(body):
        known = (*_CHANGES_COLUMNS, *_CHANGES_NO_COLUMN)
        kind = next((kind for kind in known if _after(change, solid(change, 0), kind) is not None), None)
        if kind:
            kinds.append(kind)
        elif not kinds or kinds[-1] not in _MAY_HAVE_COMMAS:
            raise ClusterRefused(
                f"{write(change).strip()[:40]!r} is no change of a table that is known on a cluster: "
                "say in runtime/cluster/render.py how it is made there."
            )
    return any(kind in _CHANGES_COLUMNS for kind in kinds)


def _parted(words: list[Word]) -> list[list[Word]]:
    """Words between the commas that stand in no bracket."""
    parts: list[list[Word]] = [[]]
    depth = 0
    for word in words:
        depth += (word.text in "([{") - (word.text in ")]}") if word.kind is Kind.SIGN else 0
        if word.text == "," and not depth:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _engine(words: list[Word]) -> int:
    """The place of the engine's name."""
    for at in range(len(words)):
        if (after := _after(words, at, ("ENGINE", "="))) is not None:
            return after
    raise ClusterRefused("A table is created without an engine: name it.")


def _table(word: Word, parameters: Mapping[str, Any]) -> str:
    if word.kind is Kind.PLACEHOLDER:
        return str(parameters[word.text[1:].partition(":")[0]])
    return word.name


def _named(words: list[Word], at: int, name: str) -> list[Word]:
    return [*words[:at], Word(Kind.NAME, name), *words[at + 1 :]]


def _refuse_unless_landing(name: str) -> None:
    if name not in LANDING_VIEWS:
        raise ClusterRefused(f"{name} is no landing view that runtime/cluster/layout.py knows.")
