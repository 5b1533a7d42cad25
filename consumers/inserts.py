"""How a batch of records reaches ClickHouse: one INSERT, sent once, split when the data is to blame."""

from collections.abc import Callable, Sequence

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import Message

from consumers.errors import RefuseBatch, sort_error
from consumers.sink import Sink
from runtime import metrics

Pending = tuple[Message, bytes]
"""A message that waits for its INSERT, and the bytes made of it. A tuple: there are very many."""

Bury = Callable[[Message, str], None]
"""Sends a message that ClickHouse cannot store to the dead letters, with ClickHouse's words."""

_SETTINGS = {"async_insert": 0, "wait_end_of_query": 1}


class Inserter:
    """Stores batches for one sink."""

    def __init__(self, client: Client, sink: Sink) -> None:
        self._client = client
        self._sink = sink

    def store(self, group: bytes, items: Sequence[Pending], bury: Bury) -> None:
        """Store them in one INSERT; a record that ClickHouse cannot parse is found by halving, and buried.

        Raises RetryLater or StopConsuming. What was stored before it is stored again on the next attempt.
        """
        try:
            self._insert(group, [data for _, data in items])
        except RefuseBatch as error:
            if len(items) == 1:
                bury(items[0][0], str(error))
                return
            middle = len(items) // 2
            self.store(group, items[:middle], bury)
            self.store(group, items[middle:], bury)
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
