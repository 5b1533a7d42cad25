"""Exposure: whose data rested where between two instants, for the notification of a breach."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver.client import Client

from privacy.retention.tables import DAILY

_RESTED = """
    SELECT
        tenant, {store:String} AS store, count() AS rows,
        uniqExactIf(user_id, user_id != '') AS users,
        min(received_at) AS first, max(received_at) AS last
    FROM {store:Identifier}
    WHERE received_at <= {until:DateTime64(3, 'UTC')}
      AND toDate(received_at, 'UTC') + retention_days > toDate({since:DateTime64(3, 'UTC')}, 'UTC')
      AND ({tenant:String} = '' OR tenant = {tenant:String})
    GROUP BY tenant
    ORDER BY tenant
"""
_USERS = """
    SELECT DISTINCT tenant, user_id FROM {store:Identifier}
    WHERE received_at <= {until:DateTime64(3, 'UTC')}
      AND toDate(received_at, 'UTC') + retention_days > toDate({since:DateTime64(3, 'UTC')}, 'UTC')
      AND ({tenant:String} = '' OR tenant = {tenant:String}) AND user_id != ''
    ORDER BY tenant, user_id
"""


@dataclass(frozen=True)
class Exposed:
    """What of a tenant's rested in a table, and of how many persons."""

    tenant: str
    store: str
    rows: int
    users: int
    first: datetime
    last: datetime


def exposed(client: Client, since: datetime, until: datetime, tenant: str = "") -> list[Exposed]:
    """By tenant and table, as far as it is stored still: what has gone since cannot be told any more."""
    parameters = {"since": since, "until": until, "tenant": tenant}
    return [
        Exposed(*row)
        for store in DAILY
        for row in client.query(_RESTED, parameters | {"store": store}).result_rows
    ]


def persons(client: Client, since: datetime, until: datetime, tenant: str = "") -> Iterator[tuple[str, str]]:
    """Each tenant and pseudonym once, in order: whom the tenants must tell."""
    parameters = {"since": since, "until": until, "tenant": tenant}
    found = {
        (owner, user)
        for store in DAILY
        for owner, user in client.query(_USERS, parameters | {"store": store}).result_rows
    }
    yield from sorted(found)
