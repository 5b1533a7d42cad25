"""How a table or a view is created on a cluster, and how a table is dropped."""

from collections.abc import Mapping
from typing import Any

from runtime.cluster.clauses import after, skip
from runtime.cluster.layout import EVERYWHERE, LANDING_VIEWS, LOCAL, PLAIN_VIEWS, SPREAD, Layout
from runtime.cluster.names import localise, see_all_servers, solid
from runtime.cluster.words import ClusterRefused, Kind, Word, write

_DEDUPLICATION = {
    "non_replicated_deduplication_window": Word(Kind.NAME, "replicated_deduplication_window"),
}


def create_table(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    """Its own piece, and the table over all of them where it is spread. Raises ClusterRefused."""
    at = skip(words, at, "IF", "NOT", "EXISTS")
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
    return [write(made), *distributed(name, layout)]


def drop_table(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    """The table over all servers first, then what is each one's own. Raises ClusterRefused."""
    at = skip(words, at, "IF", "EXISTS")
    if (name := words[at].name) not in SPREAD:
        raise ClusterRefused(f"It is not known on a cluster how to drop {name}.")
    head, how = write(words[:at]), write(words[at + 1 :])
    return [f"{head}{own} {layout.on_cluster}{how}" for own in (name, name + LOCAL)]


def create_view(words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]) -> list[str]:
    """On every server, spread where what it reads is. Raises ClusterRefused."""
    at = skip(words, at, "IF", "NOT", "EXISTS")
    name, head, body = words[at].name, words[:at], words[at + 1 :]
    if name in SPREAD:
        body, own = localise(body), name + LOCAL
    elif name in PLAIN_VIEWS:
        body, own = see_all_servers(body, layout), name
    else:
        raise ClusterRefused(
            f"It is not said where the view {name} rests: add it to runtime/cluster/layout.py."
        )
    return [f"{write(head)}{own} {layout.on_cluster}{write(body)}", *distributed(name, layout)]


def create_landing_view(
    words: list[Word], at: int, layout: Layout, _parameters: Mapping[str, Any]
) -> list[str]:
    """On every server, over what is its own. Raises ClusterRefused."""
    at = skip(words, at, "IF", "NOT", "EXISTS")
    refuse_unless_landing(words[at].name)
    return [f"{write(words[: at + 1])} {layout.on_cluster}{write(localise(words[at + 1 :]))}"]


def distributed(name: str, layout: Layout) -> list[str]:
    """The table over all servers, made anew with the columns that the local one now has."""
    if name not in SPREAD:
        return []
    key = f", {SPREAD[name]}" if SPREAD[name] else ""
    return [
        f"CREATE OR REPLACE TABLE {name} {layout.on_cluster} AS {name}{LOCAL}\n"
        f"ENGINE = Distributed('{layout.cluster}', currentDatabase(), '{name}{LOCAL}'{key})"
    ]


def refuse_unless_landing(name: str) -> None:
    """Raises ClusterRefused."""
    if name not in LANDING_VIEWS:
        raise ClusterRefused(f"{name} is no landing view that runtime/cluster/layout.py knows.")


def _engine(words: list[Word]) -> int:
    """The place of the engine's name."""
    for at in range(len(words)):
        if (place := after(words, at, ("ENGINE", "="))) is not None:
            return place
    raise ClusterRefused("A table is created without an engine: name it.")
