"""The recount: what is still stored of a person, in every store that can be asked."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from clickhouse_connect.driver.client import Client

from privacy.backups import archives
from privacy.errors import PrivacyRefused
from privacy.retention import strays
from privacy.retention.tables import ROLLS
from privacy.rights import rolls
from privacy.rights.links import held
from privacy.rights.requests import Request
from privacy.rights.subjects import SUBJECT

DETACHED, STRAYS = "detached parts", "other tables"
_DETACHED = """
    SELECT count() FROM system.detached_parts
    WHERE database = currentDatabase() AND table IN {tables:Array(String)}
      AND (partition_id IS NULL OR partition_id IN {partitions:Array(String)})
"""
Counts = Mapping[str, int]
"""Rows by store; of detached parts and other tables, how many there are that may hold some."""


class Survivors(PrivacyRefused):
    """Something is left, and so no certificate is given; the message says where and what to do."""


def recount(
    client: Client, requests: Sequence[Request], days: Sequence[date], partitions: Sequence[str]
) -> dict[str, Counts]:
    """What is left of each request's, by its id; days and partitions are those that held anything."""
    left = held(client, requests)
    people = rolls.people(client, [one.id for one in requests])
    old = {
        (table, tenant): rolls.old(client, table, [tenant], days)
        for table in ROLLS
        for tenant in {one.whose.tenant for one in requests}
    }
    uncounted = {DETACHED: _detached(client, partitions), STRAYS: len(strays.in_database(client))}
    found: dict[str, Counts] = {}
    for request in requests:
        own = [one for one in left if one.request == request.id]
        counts = {table: sum(one.rows for one in own if one.table == table) for table in SUBJECT}
        counts |= {table: old[table, request.whose.tenant] for table in ROLLS}
        counts["rolled_sessions"] = max(counts["rolled_sessions"], people.get(request.id, 0))
        found[request.id] = counts | uncounted
    return found


def archives_before(client: Client, directory: Path, partitions: Sequence[str], moment: datetime) -> int:
    """How many backups of these partitions are older than their deletion."""
    return sum(
        one.database == client.database and one.partition in partitions and one.made_at <= moment
        for one in archives(directory)
    )


def refuse_survivors(found: Mapping[str, Counts]) -> None:
    """Raise Survivors where anything is left."""
    left = {
        request: {store: count for store, count in counts.items() if count}
        for request, counts in found.items()
        if any(counts.values())
    }
    if not left:
        return
    told = "; ".join(
        f"{request}: {', '.join(f'{count:,} in {store}' for store, count in counts.items())}"
        for request, counts in left.items()
    )
    advice = (
        " Parts that are detached, and tables that are not Sillage's, cannot be counted: attach or drop them."
        if any({DETACHED, STRAYS} & counts.keys() for counts in left.values())
        else ""
    )
    raise Survivors(
        f"No certificate: rows are left ({told}). They are hidden; run the same command again.{advice}"
    )


def _detached(client: Client, partitions: Sequence[str]) -> int:
    parameters = {"tables": list(SUBJECT), "partitions": list(partitions)}
    return int(client.query(_DETACHED, parameters).result_rows[0][0])
