"""When a trace was, asked of the projection `by_trace`, which has a row for each trace and day."""

import functools
from collections.abc import Sequence
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces import projected
from queries.traces.floor import IS_ANYBODY_HIDDEN, IS_ANYBODY_OF_ANY_TENANT_HIDDEN, KEPT

_OF_TENANT = "tenant = {tenant:String}"
_FROM_PROJECTION = """
    SELECT
        tenant, lower(hex(trace_id)), `toDate(received_at, 'UTC')`, finalizeAggregation(`count()`),
        toUnixTimestamp64Nano(finalizeAggregation(`min(started_at)`)),
        toUnixTimestamp64Nano(finalizeAggregation(`max(started_at)`)),
        IS_HIDDEN
    FROM mergeTreeProjection(currentDatabase(), trace_spans, by_trace)
    WHERE OF_TENANT AND NAMED AND `toDate(received_at, 'UTC')` > toDate(now(), 'UTC') - retention_days
"""
"""Of a day there is a row for each part."""
_FROM_TABLE = f"""
    SELECT
        tenant, lower(hex(trace_id)) AS trace, toDate(received_at, 'UTC') AS day, count(),
        toUnixTimestamp64Nano(min(started_at)), toUnixTimestamp64Nano(max(started_at)),
        IS_HIDDEN
    FROM trace_spans
    WHERE OF_TENANT AND NAMED AND {KEPT}
    GROUP BY tenant, trace_id, day
"""  # noqa: S608  the pieces stand in floor.py
"""Grouped as the projection is, day included: any other grouping reads the table instead."""


def look_up(client: Client, trace_ids: Sequence[str], tenant: str) -> Sequence[Sequence[Any]]:
    """Give of each trace and day its tenant, id, day, rows, first and last start (Unix ns), in any order, of
    a day in several pieces where it is stored so.

    Without a tenant those of all. Whoever is hidden is in them; the last column says whether anybody is.
    """
    return projected.ask(client, functools.partial(statement, trace_ids, tenant), {})


def statement(trace_ids: Sequence[str], tenant: str, *, of_table: bool = False) -> tuple[str, dict[str, Any]]:
    """The look-up as SQL, and its parameters."""
    condition, parameters = named("trace_id", trace_ids)
    sql = (_FROM_TABLE if of_table else _FROM_PROJECTION).replace("NAMED", condition)
    sql = sql.replace("OF_TENANT", _OF_TENANT if tenant else "true")
    hidden = IS_ANYBODY_HIDDEN if tenant else IS_ANYBODY_OF_ANY_TENANT_HIDDEN
    return sql.replace("IS_HIDDEN", hidden), parameters | {"tenant": tenant}


def named(column: str, trace_ids: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The condition that a column has one of these ids, and its parameters; one alone is quicker planned."""
    if len(trace_ids) == 1:
        return f"{column} = toFixedString(unhex({{trace:String}}), 16)", {"trace": trace_ids[0]}
    asked = "SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16)"
    return f"{column} IN ({asked})", {"traces": list(trace_ids)}
