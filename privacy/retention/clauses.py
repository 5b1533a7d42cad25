"""How a table expires: as the migrations declare it, and as it is."""

import re
from typing import NamedTuple

from clickhouse_connect.driver.client import Client

from sql.runner import read_migrations

_CREATE = r"CREATE TABLE (?:IF NOT EXISTS )?{table}\b"
_PARTITION = re.compile(r"PARTITION BY (.+?) (?:PRIMARY KEY|ORDER BY)")
_TTL = re.compile(r"\bTTL (.+?)(?: SETTINGS|$)")
_INTERVAL = re.compile(r"\bINTERVAL (\d+) DAY\b")
_WHOLE_PARTS = re.compile(r"\bttl_only_drop_parts = (\d)")


class Expiry(NamedTuple):
    """The clauses that expiry leans on, as ClickHouse writes them; empty where there is none."""

    partition_by: str
    ttl: str
    ttl_only_drop_parts: str


def expiry(client: Client, table: str) -> Expiry:
    """How the table is; every clause is empty where there is no such table."""
    engine = client.query(
        "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
        {"table": table},
    ).result_rows
    return _read(engine[0][0] if engine else "")


def declared_expiry(table: str) -> Expiry:
    """How the migrations declare the table; raises LookupError for one that they do not create."""
    created = re.compile(_CREATE.format(table=re.escape(table)))
    for migration in read_migrations():
        for statement in migration.statements():
            if created.search(statement):
                return _read(statement[statement.index("\nENGINE") :])
    raise LookupError(f"No migration creates the table {table}.")


def _read(engine: str) -> Expiry:
    text = _INTERVAL.sub(r"toIntervalDay(\1)", " ".join(engine.split()))
    found = (clause.search(text) for clause in (_PARTITION, _TTL, _WHOLE_PARTS))
    return Expiry(*(clause[1] if clause else "" for clause in found))
