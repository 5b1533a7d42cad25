"""Of a trace with more spans than are shown: which of them matter most, and what is told of all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces.floor import ask
from queries.traces.places import READ_THERE

_ROUNDS = 16
_IDS_A_QUESTION = 1_000

_TOTALS = """
    SELECT uniqExact(span_id), uniqExactIf(span_id, status = 'error'), uniqExact(service),
        max(toUnixTimestamp64Nano(started_at) + duration_ns),
        groupUniqArrayIf(10)(session_id, session_id != '')
    FROM span_rows WHERE {there}
"""
_CHOSEN = """
    SELECT lower(hex(span_id)), lower(hex(any(parent_span_id))), count()
    FROM span_rows WHERE {there}
    GROUP BY span_id
    ORDER BY min(parent_span_id) = '' DESC, max(status) = 'error' DESC, min(started_at), span_id
    LIMIT {{limit:UInt32}}
"""
OF_IDS = """
    FROM span_rows WHERE {there}
      AND span_id IN (SELECT toFixedString(unhex(arrayJoin({{ids:Array(String)}})), 8))
"""
_PARENTS = f"""
    SELECT lower(hex(span_id)), lower(hex(any(parent_span_id))), count()
    {OF_IDS}
    GROUP BY span_id
"""


@dataclass(frozen=True)
class Totals:
    """What all spans of a trace come to; sessions are named up to ten."""

    spans: int
    errors: int
    services: int
    end_ns: int
    sessions: Sequence[str]


@dataclass(frozen=True)
class Chosen:
    """The ids of the weightiest spans with the rows of each, and the parents that were left out."""

    copies: dict[str, int]
    hidden: frozenset[str]


def totals(client: Client, where: str, parameters: dict[str, Any]) -> Totals:
    """Count all spans that the condition holds of."""
    (row,) = ask(client, _TOTALS.format(there=where), parameters, READ_THERE)
    return Totals(*row)


def weightiest(client: Client, where: str, parameters: dict[str, Any], shown: int) -> Chosen:
    """Choose roots, errors and the earliest, `shown` in all, and as many parents of them at most."""
    sql, limited = _CHOSEN.format(there=where), parameters | {"limit": shown}
    rows = ask(client, sql, limited, READ_THERE)
    chosen = {span_id: (parent, copies) for span_id, parent, copies in rows}
    hidden = _add_parents(client, where, parameters, chosen, shown)
    return Chosen({span_id: copies for span_id, (_, copies) in chosen.items()}, hidden)


def of_ids(
    client: Client, sql: str, parameters: dict[str, Any], ids: Sequence[str]
) -> Iterator[Sequence[Any]]:
    """Ask about many spans in questions that are short enough for a URL."""
    for at in range(0, len(ids), _IDS_A_QUESTION):
        some = parameters | {"ids": ids[at : at + _IDS_A_QUESTION]}
        yield from ask(client, sql, some, READ_THERE)


def _add_parents(
    client: Client, where: str, parameters: dict[str, Any], chosen: dict[str, tuple[str, int]], room: int
) -> frozenset[str]:
    """Add the spans above those chosen, while there is room; gives the parents that were not added."""
    asked: set[str] = set()
    for _ in range(_ROUNDS):
        wanted = {parent for parent, _ in chosen.values() if parent} - chosen.keys() - asked
        if not wanted:
            return frozenset()
        asked |= wanted
        rows = list(of_ids(client, _PARENTS.format(there=where), parameters, sorted(wanted)))
        if len(rows) > room:
            return frozenset(span_id for span_id, _, _ in rows)
        room -= len(rows)
        chosen |= {span_id: (parent, copies) for span_id, parent, copies in rows}
    return frozenset(parent for parent, _ in chosen.values() if parent) - chosen.keys() - asked
