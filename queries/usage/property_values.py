"""The values of one property, with the type of each: how often, and whose."""

from dataclasses import dataclass
from typing import Literal

from clickhouse_connect.driver.client import Client

from queries.usage.filters.tree import Filter
from queries.usage.scope import scope
from queries.usage.statement import Statement
from queries.usage.window import Window


@dataclass(frozen=True)
class PropertyValuesQuestion:
    """Whose events, and the name of the property, without the `property.` of filters."""

    tenant: str
    window: Window
    name: str
    limit: int = 100
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class ValueCounts:
    """A value as text, a number in its shortest form, and its type; the events that have it, and whose."""

    value: str
    type: Literal["text", "number", "boolean", "other"]
    events: int
    users: int
    sessions: int


def property_values(client: Client, question: PropertyValuesQuestion) -> list[ValueCounts]:
    """Answer, from each event that has the property: the most frequent first, then by value and type."""
    return [ValueCounts(*row) for row in statement(question).rows(client)]


def statement(question: PropertyValuesQuestion) -> Statement:
    """A row a value, with the columns of ValueCounts."""
    scoped = scope(question)
    sql = f"""
WITH JSONType(properties_json, {{name:String}}) AS json
SELECT
    multiIf(
        json = 'String', JSONExtractString(properties_json, {{name:String}}),
        json IN ('Double', 'Int64', 'UInt64'), toString(JSONExtractFloat(properties_json, {{name:String}})),
        JSONExtractRaw(properties_json, {{name:String}})
    ) AS value,
    multiIf(
        json = 'String', 'text', json IN ('Double', 'Int64', 'UInt64'), 'number',
        json = 'Bool', 'boolean', 'other'
    ) AS type,
    count() AS events,
    uniqExactIf(user_id, user_id != '') AS users,
    uniqExactIf(session_id, session_id != '') AS sessions
FROM usage
WHERE {scoped.sql} AND JSONHas(properties_json, {{name:String}})
GROUP BY value, type
ORDER BY events DESC, value, type
LIMIT {{limit:UInt32}}
"""  # noqa: S608  the pieces stand in this package; what is asked travels as parameters
    return Statement(sql.strip(), {**scoped.parameters, "name": question.name, "limit": question.limit})
