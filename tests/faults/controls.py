"""Negative controls: the protocol with a part taken out. The harness must see what that part is for."""

import hashlib
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.httpclient import HttpClient

from consumers.inserts import Bury, Inserter, Pending
from sql.runner import read_migrations


class Control(StrEnum):
    """What is taken out."""

    NO_CHECK = "no-check"
    """The landing view checks neither the fence nor for duplicates."""
    TOKEN = "token"
    """The same, with `insert_deduplication_token` in the fence's place."""


_CHECKS = re.compile(r"FENCED|DUPLICATE|batch_id.*NOT IN|NOT IN.*batch_id", re.IGNORECASE)
"""How a condition of the landing view is known for one of the protocol's."""
_WINDOW = 1_000


def unchecked_view() -> str:
    """The latest landing view without the protocol's conditions."""
    texts = [
        statement
        for migration in read_migrations()
        for statement in migration.statements()
        if re.search(r"CREATE MATERIALIZED VIEW.*\busage_unpack\b", statement)
    ]
    lines = texts[-1].splitlines()
    return "\n".join(line for line in lines if not _is_a_check(line))


def _is_a_check(line: str) -> bool:
    condition = line.strip()
    return condition.startswith("AND ") and bool(_CHECKS.search(condition))


def weaken_tables(client: Client, control: Control) -> None:
    """Put the unchecked view in the place of the view; for `token`, let the table remember tokens."""
    client.command("DROP VIEW usage_unpack SYNC")
    client.command(unchecked_view())
    if control is Control.TOKEN:
        client.command(
            f"ALTER TABLE usage_events MODIFY SETTING non_replicated_deduplication_window = {_WINDOW}"
        )


def weaken_consumer(control: str) -> None:
    """In a consumer's own process: send a token with each INSERT, made of the batch's coordinates."""
    if Control(control) is not Control.TOKEN:
        return
    plain_store, plain_insert = Inserter.store, HttpClient.raw_insert
    token = ""

    def store(self: Inserter, group: bytes, items: Sequence[Pending], bury: Bury) -> None:
        nonlocal token
        places = sorted((message.partition(), message.offset()) for message, _ in items)
        token = hashlib.sha256(repr(places).encode()).hexdigest()
        plain_store(self, group, items, bury)

    def raw_insert(self: Any, *args: Any, settings: Any = None, **kwargs: Any) -> Any:
        with_token = {
            "insert_deduplicate": 1,
            "deduplicate_insert": "enable",
            "insert_deduplication_token": token,
            "deduplicate_blocks_in_dependent_materialized_views": 1,
        }
        return plain_insert(self, *args, **kwargs | {"settings": (settings or {}) | with_token})

    Inserter.store = store  # type: ignore[method-assign]
    HttpClient.raw_insert = raw_insert  # type: ignore[method-assign]
