"""The names in a statement, as they are on a cluster."""

from runtime.cluster.layout import LOCAL, SPREAD, Layout
from runtime.cluster.words import ClusterRefused, Kind, Word

_BEFORE_A_TABLE = ("FROM", "JOIN", "INTO", "TO", "TABLE", "VIEW", "IN")
_PARTS = ("parts", "projection_parts")
_SERVERS = ("detached_parts", "processes")
_OWN = ("columns", "tables")
_PLAIN = f"replaceRegexpOne({{column}}, '{LOCAL}$', '') AS {{column}}"
_NAMED = {
    "tables": "name",
    "columns": "table",
    "parts": "table",
    "projection_parts": "table",
    "detached_parts": "table",
}
"""The column of a system table that names a table."""


def solid(words: list[Word], at: int, step: int = 1) -> int:
    """The place of the next word that is no white space, from `at` on; -1 or len(words) for none."""
    while 0 <= at < len(words) and words[at].kind is Kind.SPACE:
        at += step
    return at


def localise(words: list[Word]) -> list[Word]:
    """Name the server's own piece of each spread table.

    Raises ClusterRefused where such a name stands in a place that is no table's.
    """
    result = list(words)
    for at, word in enumerate(words):
        if word.name not in SPREAD or word.name + LOCAL in SPREAD:
            continue
        before, after = solid(words, at - 1, -1), solid(words, at + 1)
        is_table = before >= 0 and words[before].says(*_BEFORE_A_TABLE)
        is_qualifier = after < len(words) and words[after].text == "." and words[before].text != "."
        if not (is_table or is_qualifier):
            raise ClusterRefused(f"{word.name} is a spread table's name, and here it is something else.")
        result[at] = Word(word.kind, word.text.replace(word.name, word.name + LOCAL))
    return result


def see_all_servers(words: list[Word], layout: Layout) -> list[Word]:
    """Have system tables tell of the whole cluster, under the names that tables have on one server.

    Of parts one replica of each shard is asked, of what runs every server. Raises ClusterRefused for a system
    table of which is not known whom to ask.
    """
    result: list[Word] = []
    at = 0
    while at < len(words):
        word = words[at]
        if (
            word.name == "system"
            and at + 2 < len(words)
            and words[at + 1].text == "."
            and words[solid(words, at - 1, -1)].says("FROM", "JOIN")
        ):
            result.append(Word(Kind.SPACE, _source(words[at + 2].name, layout)))
            at += 3
            continue
        result.append(word)
        at += 1
    return result


def _source(table: str, layout: Layout) -> str:
    if table in _PARTS:
        source = f"cluster('{layout.cluster}', system.{table})"
    elif table in _SERVERS:
        source = f"clusterAllReplicas('{layout.cluster}', system.{table})"
    elif table in _OWN:
        source = f"system.{table}"
    else:
        raise ClusterRefused(f"Say in runtime/cluster/names.py whom to ask for system.{table} on a cluster.")
    if table not in _NAMED:
        return source
    without = " WHERE engine != 'Distributed'" if table == "tables" else ""
    plain = _PLAIN.format(column=_NAMED[table])
    return f"(SELECT * REPLACE ({plain}) FROM {source}{without})"  # noqa: S608  names of this module
