"""The objects of a migrated database, as ClickHouse describes them."""

import re
from collections import defaultdict
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

_TTL = re.compile(r"\bTTL (.+?)(?= SETTINGS |$)")
_PARAMETER = re.compile(r"\{(\w+):(\w+)")
_TABLES = """
SELECT name, engine, partition_key, sorting_key, create_table_query, comment
FROM system.tables
WHERE database = currentDatabase() AND name NOT LIKE '.inner%'
ORDER BY name
"""
_COLUMNS = """
SELECT table, name, type, comment FROM system.columns
WHERE database = currentDatabase() ORDER BY table, position
"""
_PROJECTIONS = """
SELECT table, name, query FROM system.projections WHERE database = currentDatabase() ORDER BY table, name
"""
_INDEXES = """
SELECT table, name, expr FROM system.data_skipping_indices
WHERE database = currentDatabase() ORDER BY table, name
"""


@dataclass(frozen=True)
class Column:
    """A column, and the comment that the schema gives it."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Object:
    """A table, a view or a dictionary. Keys and TTL are empty where it has none."""

    name: str
    engine: str
    columns: tuple[Column, ...]
    partition_key: str
    sorting_key: str
    ttl: str
    comment: str
    projections: tuple[tuple[str, str], ...]
    indexes: tuple[tuple[str, str], ...]


def read_schema(client: Client) -> tuple[Object, ...]:
    """Every object of the client's database, by name."""
    columns = _by_table(client, _COLUMNS)
    projections, indexes = _by_table(client, _PROJECTIONS), _by_table(client, _INDEXES)
    found = client.query(_TABLES).result_rows
    for name, engine, _, _, query, _ in found:
        if engine == "View" and name not in columns:
            columns[name] = _with_parameters(client, name, query)
    return tuple(
        Object(
            name=name,
            engine=engine,
            columns=tuple(Column(*one) for one in columns[name]),
            partition_key=partition,
            sorting_key=sorting,
            ttl=ttl[1] if (ttl := _TTL.search(query)) else "",
            comment=comment,
            projections=_pairs(projections[name]),
            indexes=_pairs(indexes[name]),
        )
        for name, engine, partition, sorting, query, comment in found
    )


def _with_parameters(client: Client, name: str, query: str) -> list[tuple[str, ...]]:
    """The columns of a view that has parameters, which ClickHouse knows for given ones alone."""
    any_time = "2000-01-01 00:00:00"
    parameters = dict.fromkeys(_PARAMETER.findall(query))
    given = ", ".join(f"{one} = '{any_time if kind.startswith('Date') else ''}'" for one, kind in parameters)
    described = client.query(f"DESCRIBE (SELECT * FROM {name}({given}))").result_rows  # noqa: S608  our own names
    return [(column, kind, "") for column, kind, *_ in described]


def _pairs(found: list[tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, of) for name, of in found)


def _by_table(client: Client, question: str) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for table, *rest in client.query(question).result_rows:
        found[table].append(tuple(rest))
    return found
