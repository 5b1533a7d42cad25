"""Rectification: what is known of a person and may be wrong is corrected; what happened is history."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from privacy.backups import forget
from privacy.errors import PrivacyRefused
from privacy.rights import rolls
from privacy.rights.requests import Whose

COLUMNS = ("country", "region", "city", "language", "timezone")
"""What was concluded about the person, or said by their browser."""
PROPERTY = "property."
_PARTITIONS = """
    SELECT DISTINCT _partition_id, toDate(received_at, 'UTC') FROM usage_events
    WHERE tenant = {tenant:String} AND user_id IN {users:Array(String)}
"""
_WHOSE = "tenant = {tenant:String} AND user_id IN {users:Array(String)}"
_PROPERTIES = """
    properties_json = if(properties_json = '', '', concat('{', arrayStringConcat(arrayMap(
        pair -> concat(
            toJSONString(pair.1), ':',
            if(
                has({names:Array(String)}, pair.1),
                {values:Array(String)}[indexOf({names:Array(String)}, pair.1)], pair.2
            )
        ),
        JSONExtractKeysAndValuesRaw(properties_json)
    ), ','), '}'))
"""


class NotRectified(PrivacyRefused):
    """This is not corrected; the message says why."""


def parse(text: str) -> tuple[str, Any]:
    """Read `country=FR` or `property.plan="pro"`; raises NotRectified."""
    name, sign, value = text.partition("=")
    if not sign or not (name in COLUMNS or (name.startswith(PROPERTY) and name != PROPERTY)):
        raise NotRectified(
            f"{name or text!r} is not corrected: what happened, when and where in the product is history. "
            f"Corrected can be {', '.join(COLUMNS)} and {PROPERTY}NAME, as NAME=VALUE."
        )
    if not name.startswith(PROPERTY):
        return name, value
    try:
        parsed = json.loads(value)
    except ValueError:
        parsed = value
    if isinstance(parsed, bool | str) or (isinstance(parsed, int | float) and abs(parsed) < float("inf")):
        return name, parsed
    raise NotRectified(f"{value} is no property's value: a text, a number, true or false.")


def rectify(
    client: Client, whose: Whose, corrections: Mapping[str, Any], backup_dir: Path | None = None
) -> int:
    """Correct every event of the person that has it; gives how many days were rewritten.

    The backups of those days, which have what is wrong, are deleted: the next backup makes them anew.
    """
    parameters: dict[str, Any] = {"tenant": whose.tenant, "users": list(whose.pseudonyms)}
    found = client.query(_PARTITIONS, parameters).result_rows
    if not found:
        return 0
    columns = {name: value for name, value in corrections.items() if name in COLUMNS}
    properties = {name[len(PROPERTY) :]: value for name, value in corrections.items() if name not in COLUMNS}
    assignments = [f"{name} = {{new_{name}:String}}" for name in columns]
    parameters |= {f"new_{name}": value for name, value in columns.items()}
    if properties:
        assignments.append(_PROPERTIES)
        parameters |= {"names": list(properties), "values": [_json(value) for value in properties.values()]}
    commands = [
        f"UPDATE {', '.join(assignments)} IN PARTITION ID '{partition}' WHERE {_WHOSE}"
        for partition in sorted({partition for partition, _ in found})
    ]
    client.command(
        f"ALTER TABLE usage_events {', '.join(commands)}", parameters, settings={"mutations_sync": 1}
    )
    if backup_dir:
        for partition, _ in found:
            forget(backup_dir, str(client.database), "usage_events", partition)
    rolls.unroll(client, {day for _, day in found})
    return len({day for _, day in found})


def _json(value: Any) -> str:
    """A number is a double to the store: it has its fraction, as migration 016 says."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    return json.dumps(value, ensure_ascii=False)
