"""Negative controls: the protocol with a part taken out. The harness must see what that part is for."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.httpclient import HttpClient

from bench.unfenced import EXACTLY_ONCE, SUPPRESSION, view_without
from consumers.batch import Pending
from consumers.inserts import Inserter
from tests.faults.cargo import Cargo


class Control(StrEnum):
    """What is taken out."""

    NO_CHECK = "no-check"
    """The landing view checks neither the fence nor for duplicates."""
    TOKEN = "token"
    """The same, with `insert_deduplication_token` in the fence's place."""
    NO_SUPPRESSION = "no-suppression"
    """The landing view stores what is of erased users."""


_WINDOW = 1_000


def weaken_tables(client: Client, control: Control, cargo: Cargo) -> None:
    """Put the unchecked view in the place of the view; for `token`, let the table remember tokens."""
    without = SUPPRESSION if control is Control.NO_SUPPRESSION else EXACTLY_ONCE
    client.command(view_without(without, cargo.landing_view))
    if control is Control.TOKEN:
        client.command(
            f"ALTER TABLE {cargo.table} MODIFY SETTING non_replicated_deduplication_window = {_WINDOW}"
        )


def weaken_consumer(control: str) -> None:
    """In a consumer's own process: send a token with each INSERT, made of the batch's coordinates."""
    if Control(control) is not Control.TOKEN:
        return
    plain_insert, plain_raw_insert = Inserter._insert, HttpClient.raw_insert
    token = ""

    def insert(self: Inserter, group: bytes, items: Sequence[Pending]) -> None:
        nonlocal token
        places = sorted((message.partition(), message.offset()) for message, _ in items)
        token = hashlib.sha256(repr(places).encode()).hexdigest()
        plain_insert(self, group, items)

    def raw_insert(self: Any, *args: Any, settings: Any = None, **kwargs: Any) -> Any:
        with_token = {
            "insert_deduplicate": 1,
            "deduplicate_insert": "enable",
            "insert_deduplication_token": token,
            "deduplicate_blocks_in_dependent_materialized_views": 1,
        }
        return plain_raw_insert(self, *args, **kwargs | {"settings": (settings or {}) | with_token})

    Inserter._insert = insert  # type: ignore[method-assign]
    HttpClient.raw_insert = raw_insert  # type: ignore[method-assign]
