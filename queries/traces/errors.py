"""What fails: errors grouped by their type, the shape of their message and their top frame."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces.period import STARTED, Period

_SQL = f"""
    SELECT
        error_group, any(exception_type), any(message_shape), any(top_frame),
        count() AS errors, min(at), max(at), uniqExact(trace_id),
        arraySort(groupUniqArray(20)(service)), arraySort(groupUniqArray(20)(e.tenant)),
        uniqExactArray(arrayFilter(user -> user.2 != '', [(e.tenant, user_id), (e.tenant, acting_user)])),
        argMax(trace_id, started_at), argMax(message, started_at)
    FROM
    (
        SELECT
            tenant, service, error_group, exception_type, message_shape, top_frame, at, started_at, trace_id,
            user_id, substring(message, 1, 500) AS message
        FROM span_errors
        WHERE ({{tenant:String}} = '' OR tenant = {{tenant:String}})
          AND ({{service:String}} = '' OR service = {{service:String}})
          AND {STARTED}
    ) AS e
    LEFT JOIN
    (
        SELECT tenant, lower(trace_id) AS named, any(user_id) AS acting_user
        FROM usage
        WHERE ({{tenant:String}} = '' OR tenant = {{tenant:String}})
          AND toDate(received_at, 'UTC') >= toDate({{since:DateTime64(6, 'UTC')}}, 'UTC') - 1
          AND trace_id != '' AND user_id != ''
        GROUP BY tenant, named
    ) AS u ON u.tenant = e.tenant AND u.named = e.trace_id
    GROUP BY error_group
    ORDER BY errors DESC, error_group
    LIMIT {{limit:UInt32}}
"""  # noqa: S608  the pieces stand in this module


@dataclass(frozen=True)
class ErrorsQuestion:
    """Whose errors (of all tenants if it is empty), when, of which service."""

    period: Period
    tenant: str = ""
    service: str = ""
    limit: int = 50


@dataclass(frozen=True)
class ErrorGroup:
    """Errors that are alike; `users` are those of their spans, and of usage events that name them."""

    error_group: str
    exception_type: str
    message_shape: str
    top_frame: str
    errors: int
    first_at: datetime
    last_at: datetime
    traces: int
    services: tuple[str, ...]
    tenants: tuple[str, ...]
    users: int
    sample_trace_id: str
    sample_message: str


def errors(client: Client, question: ErrorsQuestion) -> list[ErrorGroup]:
    """Answer, the most frequent first; services and tenants are named up to 20."""
    parameters = question.period.parameters | {
        "tenant": question.tenant, "service": question.service, "limit": question.limit,
    }  # fmt: skip
    names = [field.name for field in fields(ErrorGroup)]
    rows = client.query(_SQL, parameters).result_rows
    return [_group(dict(zip(names, row, strict=True))) for row in rows]


def _group(named: dict[str, Any]) -> ErrorGroup:
    lists = {name: tuple(value) for name, value in named.items() if isinstance(value, list)}
    return ErrorGroup(**(named | lists))
