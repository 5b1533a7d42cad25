"""How a batch of records reaches ClickHouse: one INSERT, sent once, split when the data is to blame."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import Message

from consumers.errors import RefuseBatch, sort_error
from consumers.sink import Prepared, Sink
from runtime import metrics


class Pending(NamedTuple):
    """A message that waits for its INSERT, and what was made of it."""

    message: Message
    prepared: Prepared


Bury = Callable[[Message, str], None]
"""Sends a message that ClickHouse cannot store to the dead letters, with ClickHouse's words."""

_SETTINGS = {"async_insert": 0, "wait_end_of_query": 1}


class Inserter:
    """Stores batches for one sink."""

    def __init__(self, client: Client, sink: Sink) -> None:
        self._client = client
        self._sink = sink

    def store(self, pending: Sequence[Pending], bury: Bury) -> None:
        """Store all of them, one INSERT for each group; a record that ClickHouse cannot parse is buried.

        Raises RetryLater or StopConsuming. What was stored before it is stored again on the next attempt.
        """
        groups: dict[bytes, list[Pending]] = {}
        for item in pending:
            groups.setdefault(item.prepared.group, []).append(item)
        for group, items in groups.items():
            self._store_group(group, items, bury)

    def _store_group(self, group: bytes, items: Sequence[Pending], bury: Bury) -> None:
        """Insert; when the data is refused, halve until the record to blame is alone."""
        try:
            self._insert(group, [item.prepared.data for item in items])
        except RefuseBatch as error:
            if len(items) == 1:
                bury(items[0].message, str(error))
                return
            middle = len(items) // 2
            self._store_group(group, items[:middle], bury)
            self._store_group(group, items[middle:], bury)
        else:
            metrics.RECORDS_STORED.labels(self._sink.topic.name).inc(len(items))

    def _insert(self, group: bytes, rows: Sequence[bytes]) -> None:
        """One INSERT, sent once: clickhouse-connect resends any body that is no generator after a reset."""
        body = self._sink.body(group, rows)
        with metrics.INSERT_SECONDS.labels(self._sink.topic.name).time():
            try:
                self._client.raw_insert(
                    self._sink.table, insert_block=body, fmt=self._sink.format, settings=_SETTINGS
                )
            except (ClickHouseError, OSError) as error:
                raise sort_error(error) from error
