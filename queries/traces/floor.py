"""The floor under what asks the table of spans itself, and not `span_rows`, which has it.

A view costs its plan: a third of what these questions take. And its condition on who is hidden needs columns
that no projection has. So the table is asked, in the same statement whether anybody of its tenant is hidden,
and if so the view after all.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from clickhouse_connect.driver.client import Client

KEPT = "toDate(received_at, 'UTC') > toDate(now(), 'UTC') - retention_days"
"""What has not passed its retention, as the view has it; no retention is longer than the view's 90 days."""
IS_ANYBODY_HIDDEN = "{tenant:String} IN (SELECT tenant FROM hidden)"
"""Of the tenant that is asked about."""
IS_ANYBODY_OF_ANY_TENANT_HIDDEN = "(SELECT count() FROM hidden) > 0"

_VIEW = "FROM span_rows"
_OF_TABLE = {
    "trace_key": "trace_id",
    "end_minus_start_ns": "trace_spans.duration_ns",
    "duration_ns": "greatest(trace_spans.duration_ns, 0)",
}
"""What the view calls otherwise than the table."""
_NAMES = re.compile(rf"\b(?:{'|'.join(_OF_TABLE)})\b")


def ask(
    client: Client, sql: str, parameters: dict[str, Any], settings: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """Ask about one tenant, {tenant:String}, what is written as a question to the view `span_rows`.

    Its conditions, of which all must hold, follow `FROM span_rows WHERE`.
    """
    rows = client.query(of_table(sql), parameters, settings=dict(settings)).result_rows
    if rows and rows[0][-1]:
        return client.query(sql, parameters, settings=dict(settings)).result_rows
    return [row[:-1] for row in rows]


def of_table(sql: str) -> str:
    """The same of the table, one column more: whether anybody of the tenant is hidden."""
    columns, _, condition = _NAMES.sub(lambda found: _OF_TABLE[found[0]], sql).partition(f"{_VIEW} WHERE ")
    return f"{columns}, {IS_ANYBODY_HIDDEN} FROM trace_spans WHERE {KEPT} AND {condition}"
