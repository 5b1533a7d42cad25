"""Who calls whom, how often, how fast, and how much of it fails."""

from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from queries.traces.period import Period

_SQL = """
    SELECT caller, callee, callee_kind, calls, errors, p50_ns, p95_ns, p99_ns
    FROM service_map(
        tenant = {tenant:String}, since = {since:DateTime64(6, 'UTC')}, until = {until:DateTime64(6, 'UTC')}
    )
    WHERE {service:String} IN ('', caller, callee)
    ORDER BY calls DESC, caller, callee, callee_kind
    LIMIT {limit:UInt32}
"""


@dataclass(frozen=True)
class Edge:
    """Calls from one service to another, or to a database, queue or host that reports no spans itself."""

    caller: str
    callee: str
    callee_kind: str
    calls: int
    rate: float
    errors: int
    error_share: float
    p50_ns: float
    p95_ns: float
    p99_ns: float


def service_map(
    client: Client, tenant: str, period: Period, service: str = "", limit: int = 1_000
) -> list[Edge]:
    """Give the edges, the busiest first; with a service those from it and to it. The rate is a second's."""
    parameters = period.parameters | {"tenant": tenant, "service": service, "limit": limit}
    return [
        Edge(caller, callee, kind, calls, calls / period.seconds, failed, failed / calls, *percentiles)
        for caller, callee, kind, calls, failed, *percentiles in client.query(_SQL, parameters).result_rows
    ]
