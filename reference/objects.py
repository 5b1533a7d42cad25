"""The objects of the database as Markdown: first the views, which people ask, then the tables."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from reference.markdown import code, table
from reference.schema import Column, Object


@dataclass(frozen=True)
class Meanings:
    """What objects and columns are, from `meanings.toml`; a comment in the schema goes before it."""

    objects: dict[str, str]
    columns: dict[str, str]
    of_one: dict[str, dict[str, str]]

    def of(self, one: Object) -> str:
        """What an object is; empty where nobody has said it."""
        return one.comment or self.objects.get(one.name, "")

    def of_column(self, one: Object, column: Column) -> str:
        """What a column is; empty where nobody has said it."""
        own = self.of_one.get(one.name, {}).get(column.name)
        return column.comment or own or self.columns.get(column.name, "")


def read_meanings() -> Meanings:
    """The file beside this module."""
    read: dict[str, Any] = tomllib.loads(resources.files("reference").joinpath("meanings.toml").read_text())
    return Meanings(read["objects"], read["columns"], read["of_one"])


def objects(schema: Sequence[Object], meanings: Meanings) -> str:
    """An overview, then a section an object: views first, since they are what to ask."""
    ordered = sorted(
        schema, key=lambda one: (one.engine != "View", one.engine == "MaterializedView", one.name)
    )
    rows = [(f"[`{one.name}`](#{one.name})", _kind(one), meanings.of(one)) for one in ordered]
    sections = [_section(one, meanings) for one in ordered]
    return "\n\n".join([table(("object", "is a", "holds"), rows), *sections])


def _kind(one: Object) -> str:
    kinds = {
        "View": "view",
        "MaterializedView": "materialized view",
        "Null": "landing table",
        "Dictionary": "dictionary",
    }
    return kinds.get(one.engine, "table")


def _section(one: Object, meanings: Meanings) -> str:
    parts = [f"### {one.name}", meanings.of(one), *_keys(one)]
    rows = [(code(column.name), code(column.type), meanings.of_column(one, column)) for column in one.columns]
    if _kind(one) == "landing table":
        parts.append(table(("column", "type"), [row[:2] for row in rows]))
    elif rows and one.engine != "MaterializedView":
        parts.append(table(("column", "type", "meaning"), rows))
    inside = [
        *(("projection", *each) for each in one.projections),
        *(("index", *each) for each in one.indexes),
    ]
    if inside:
        parts.append(table(("", "name", "of"), [(kind, code(name), code(of)) for kind, name, of in inside]))
    return "\n\n".join(part for part in parts if part)


def _keys(one: Object) -> list[str]:
    """How a table is kept; a view is not."""
    if _kind(one) != "table":
        return []
    told = {
        "Engine": one.engine,
        "partition": one.partition_key,
        "sorted by": one.sorting_key,
        "TTL": one.ttl,
    }
    return ["; ".join(f"{name} {code(text)}" for name, text in told.items() if text) + "."]
