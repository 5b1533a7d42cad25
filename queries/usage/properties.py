"""The property catalogue: which properties a tenant's events carry, of which types and values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from clickhouse_connect.driver.client import Client

from queries.usage.filters.matching import Parameters
from queries.usage.filters.tree import Filter
from queries.usage.scope import scope
from queries.usage.statement import Statement
from queries.usage.window import Window

Type = Literal["text", "number", "boolean", "other"]
MAX_ACTIONS = 20
"""So many of the actions that carry a property are told, the most frequent first."""

_TYPE = """multiIf(
            startsWith(raw, '"'), 'text',
            raw IN ('true', 'false'), 'boolean',
            match(raw, '^-?[0-9]'), 'number',
            'other')"""
_VALUE = """multiIf(
            type = 'text', JSONExtractString(raw),
            type = 'number', toString(JSONExtractFloat(raw)),
            raw)"""


@dataclass(frozen=True)
class PropertiesQuestion:
    """Whose properties; from about `rows` events at most.

    Where there are more, one in so many is read, by the millisecond of its arrival. Of each property the
    `top` most frequent values are told; of the properties the `limit` that most events carry.
    """

    tenant: str
    window: Window
    rows: int = 200_000
    top: int = 10
    limit: int = 200
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class PropertyValue:
    """A value as text, a number in its shortest form; its type; how many of the events read have it."""

    value: str
    type: Type
    events: int


@dataclass(frozen=True)
class Property:
    """What the events that were read say of one property.

    `types` counts events; `distinct` counts values, a text and a number being two; `least` and `greatest` are
    of numbers, None where there are none; `first_seen` and `last_seen` are times of arrival.
    """

    name: str
    events: int
    types: Mapping[Type, int]
    distinct: int
    least: float | None
    greatest: float | None
    first_seen: datetime
    last_seen: datetime
    actions: tuple[str, ...]
    values: tuple[PropertyValue, ...]


@dataclass(frozen=True)
class Catalogue:
    """Properties, those of most events first; of `events` one in `one_in` was read, which are `read`."""

    properties: tuple[Property, ...]
    events: int
    read: int
    one_in: int


def properties(client: Client, question: PropertiesQuestion) -> Catalogue:
    """Answer, with counts of what was read, not scaled to what was not."""
    counted, *rest = statements(question)
    ((events, read, one_in),) = counted.rows(client)
    rows, actions = (one.rows(client) for one in rest)
    carriers: dict[str, tuple[str, ...]] = dict(actions)
    return Catalogue(tuple(_property(row, carriers.get(row[0], ())) for row in rows), events, read, one_in)


def statements(question: PropertiesQuestion) -> tuple[Statement, Statement, Statement]:
    """How many events there are and are read; a row a property; the actions of each."""
    scoped = scope(question)
    parameters: Parameters = {**scoped.parameters, "rows": question.rows, "limit": question.limit}
    every = f"""(
    SELECT greatest(1, intDiv(count() + {{rows:UInt64}} - 1, {{rows:UInt64}})) FROM usage WHERE {scoped.sql}
)"""  # noqa: S608  the pieces stand in this package; what is asked travels as parameters
    is_read = f"toUnixTimestamp64Milli(received_at) % {every} = 0"
    read = f"FROM usage WHERE {scoped.sql} AND properties_json != '' AND {is_read}"
    counted = f"SELECT count(), countIf({is_read}), {every} FROM usage WHERE {scoped.sql}"  # noqa: S608  as above
    return (
        Statement(counted, parameters),
        Statement(_PROPERTIES.format(read=read), {**parameters, "top": question.top}),
        Statement(_CARRIERS.format(read=read), parameters),
    )


_PROPERTIES = f"""
SELECT
    name, sum(found) AS events,
    sumIf(found, type = 'text'), sumIf(found, type = 'number'),
    sumIf(found, type = 'boolean'), sumIf(found, type = 'other'),
    count(), minIf(number, type = 'number'), maxIf(number, type = 'number'), min(first), max(last),
    arraySlice(arraySort(groupArray((-toInt64(found), value, type))), 1, {{{{top:UInt32}}}})
FROM (
    SELECT
        pair.1 AS name, type, value, any(JSONExtractFloat(raw)) AS number,
        count() AS found, min(received_at) AS first, max(received_at) AS last
    FROM (
        SELECT
            received_at,
            arrayJoin(JSONExtractKeysAndValuesRaw(properties_json)) AS pair,
            pair.2 AS raw,
            {_TYPE} AS type,
            {_VALUE} AS value
        {{read}}
    )
    GROUP BY name, type, value
)
GROUP BY name
ORDER BY events DESC, name
LIMIT {{{{limit:UInt32}}}}
""".strip()  # noqa: S608  the pieces stand in this module
_CARRIERS = f"""
SELECT
    property,
    arraySlice(arrayMap(one -> one.2, arraySort(groupArray((-toInt64(found), action)))), 1, {MAX_ACTIONS})
FROM (
    SELECT arrayJoin(JSONExtractKeys(properties_json)) AS property, toString(name) AS action, count() AS found
    {{read}}
    GROUP BY property, action
)
GROUP BY property
""".strip()  # noqa: S608  the pieces stand in this module


def _property(row: Sequence[Any], actions: Sequence[str]) -> Property:
    name, events, text, number, boolean, other, distinct, least, greatest, first, last, values = row
    counts: dict[Type, int] = {"text": text, "number": number, "boolean": boolean, "other": other}
    return Property(
        name=name,
        events=events,
        types={type_: count for type_, count in counts.items() if count},
        distinct=distinct,
        least=least if number else None,
        greatest=greatest if number else None,
        first_seen=first.replace(tzinfo=UTC),
        last_seen=last.replace(tzinfo=UTC),
        actions=tuple(actions),
        values=tuple(PropertyValue(value, type_, -found) for found, value, type_ in values),
    )
