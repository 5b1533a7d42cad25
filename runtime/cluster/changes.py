"""How a table is changed on a cluster."""

from collections.abc import Mapping
from typing import Any

from runtime.cluster.clauses import after, parted
from runtime.cluster.creations import distributed, refuse_unless_landing
from runtime.cluster.layout import EVERYWHERE, LOCAL, PLAIN_VIEWS, SPREAD, Layout
from runtime.cluster.names import localise, solid
from runtime.cluster.words import ClusterRefused, Kind, Word, write

_CHANGES_COLUMNS = (("ADD", "COLUMN"), ("DROP", "COLUMN"), ("MODIFY", "COLUMN"), ("RENAME", "COLUMN"))
_MAY_HAVE_COMMAS = (("UPDATE",), ("MODIFY", "SETTING"))
_CHANGES_NO_COLUMN = (
    ("ADD", "PROJECTION"), ("DROP", "PROJECTION"), ("MODIFY", "SETTING"), ("MODIFY", "TTL"), ("UPDATE",),
    ("DELETE",), ("DROP", "PARTITION"), ("DROP", "DETACHED"), ("MATERIALIZE", "COLUMN"),
)  # fmt: skip


def alter(words: list[Word], at: int, layout: Layout, parameters: Mapping[str, Any]) -> list[str]:
    """The server's own pieces, then the table over them. Raises ClusterRefused."""
    name = _table(words[at], parameters)
    change, body = solid(words, at + 1), words[at + 1 :]
    if after(words, change, ("MODIFY", "QUERY")) is not None:
        refuse_unless_landing(name)
        return [f"ALTER TABLE {name} {layout.on_cluster}{write(localise(body))}"]
    if after(words, change, ("MODIFY", "SQL", "SECURITY")) is not None and name in PLAIN_VIEWS:
        return [f"ALTER TABLE {name} {layout.on_cluster}{write(body)}"]
    if name in EVERYWHERE:  # its one log of changes reaches every server
        _changes_columns(body)
        return [write([*words[:at], Word(Kind.NAME, name), *body])]
    if name not in SPREAD or not SPREAD[name]:
        raise ClusterRefused(f"It is not known on a cluster how to alter {name}.")
    if any(word.name in SPREAD for word in body):
        raise ClusterRefused(
            f"A change of {name} reads another spread table: each server would read its own."
        )
    changed = f"ALTER TABLE {name}{LOCAL} {layout.on_cluster}{write(body)}"
    return [changed, *(distributed(name, layout) if _changes_columns(body) else [])]


def _changes_columns(body: list[Word]) -> bool:
    """Whether any of the changes, which commas part, is of columns; each must be known."""
    kinds: list[tuple[str, ...]] = []
    for change in parted(body):
        known = (*_CHANGES_COLUMNS, *_CHANGES_NO_COLUMN)
        kind = next((kind for kind in known if after(change, solid(change, 0), kind) is not None), None)
        if kind:
            kinds.append(kind)
        elif not kinds or kinds[-1] not in _MAY_HAVE_COMMAS:
            raise ClusterRefused(
                f"{write(change).strip()[:40]!r} is no change of a table that is known on a cluster: "
                "say in runtime/cluster/changes.py how it is made there."
            )
    return any(kind in _CHANGES_COLUMNS for kind in kinds)


def _table(word: Word, parameters: Mapping[str, Any]) -> str:
    if word.kind is Kind.PLACEHOLDER:
        return str(parameters[word.text[1:].partition(":")[0]])
    return word.name
