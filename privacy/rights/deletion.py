"""Rows deleted for good: one mutation a table for everybody at once, in the days that hold them."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from clickhouse_connect.driver.client import Client

from privacy.errors import PrivacyRefused
from privacy.retention.tables import ROLLS
from privacy.rights import rolls
from privacy.rights.links import Held
from privacy.rights.requests import Request
from privacy.rights.subjects import SUBJECT

_POLL_SECONDS = 0.05
_LONGEST_SECONDS = 120.0
_INSERTING = "SELECT query_id FROM system.processes WHERE query_kind = 'Insert' AND is_initial_query"
_IN_THEM = "_partition_id IN {partitions:Array(String)} AND tenant IN {tenants:Array(String)}"
_WHOSE = f"""
    {_IN_THEM} AND (user_id = '' OR user_id IN {{users:Array(String)}})
    AND (tenant, SUBJECT) IN
    (
        SELECT tenant, subject FROM hidden WHERE request IN {{requests:Array(String)}}
    )
"""  # noqa: S608  a text of this module
"""One command, one subquery: it is evaluated for each part of the table, also for those left alone."""


class DrainLater(PrivacyRefused):
    """INSERTs that began before do not end: nothing is deleted yet; the message says what to do."""


def drain(client: Client) -> None:
    """Wait until every INSERT that runs now has ended: later ones suppress. Raises DrainLater."""
    began = time.monotonic()
    waiting = _inserting(client)
    while waiting:
        if time.monotonic() - began > _LONGEST_SECONDS:
            raise DrainLater(
                f"{len(waiting)} INSERTs have not ended for {_LONGEST_SECONDS:.0f} s. The person is hidden; "
                "run the same command again, and it goes on."
            )
        time.sleep(_POLL_SECONDS)
        waiting &= _inserting(client)


def delete(
    client: Client, requests: Sequence[Request], held: Sequence[Held], roll_days: Sequence[date]
) -> None:
    """Delete what is held of the subjects that are hidden for these requests, and return when it is done.

    So are the rolls of those days, made before they changed. All tables are rewritten side by side.
    """
    tenants = sorted({one.whose.tenant for one in requests})
    with ThreadPoolExecutor(len(SUBJECT) + len(ROLLS)) as pool:
        jobs = [pool.submit(_delete_rows, client, table, requests, held) for table in SUBJECT]
        jobs += [pool.submit(rolls.delete_old, client, table, tenants, roll_days) for table in ROLLS]
        for job in jobs:
            job.result()


def _delete_rows(client: Client, table: str, requests: Sequence[Request], held: Sequence[Held]) -> None:
    partitions = sorted({one.partition for one in held if one.table == table})
    if not partitions:
        return
    whose = _WHOSE.replace("SUBJECT", SUBJECT[table]) if requests[0].whose.pseudonyms else _IN_THEM
    parameters = {
        "partitions": partitions,
        "tenants": sorted({one.whose.tenant for one in requests}),
        "users": [user for one in requests for user in one.whose.pseudonyms],
        "requests": [one.id for one in requests],
    }
    client.command(f"ALTER TABLE {table} DELETE WHERE {whose}", parameters, settings={"mutations_sync": 1})


def _inserting(client: Client) -> set[str]:
    return {query for (query,) in client.query(_INSERTING).result_rows}
