"""How a batch of records reaches ClickHouse: one INSERT, sent once, split when the data is to blame."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import Message

from consumers.batch import Pending
from consumers.claims import Claims
from consumers.errors import Fenced, RefuseBatch, RetryLater, StopConsuming, sort_error
from consumers.fence import insert_comment
from consumers.points import Point, reached
from consumers.sink import Sink
from runtime import metrics, tracing

Bury = Callable[[Message, str], None]
"""Sends a message that ClickHouse cannot store to the dead letters, with ClickHouse's words."""

_SETTINGS = {
    # The INSERT is acknowledged when its rows are stored, not when they are queued.
    "async_insert": 0,
    "wait_end_of_query": 1,
    # A record's rows stand or fall together, so an INSERT is one block, however large.
    "max_insert_threads": 1,
    "min_insert_block_size_rows": 1 << 40,
    "min_insert_block_size_bytes": 1 << 40,
    # ClickHouse notes a block before it has stored it: killed in between, it would refuse the repair.
    "deduplicate_insert": "disable",
}


_FENCED_FOR_GOOD = 12
"""Refusals in a row, a minute or more: by then Kafka has told a consumer that it has lost a partition."""


class Inserter:
    """Stores batches for one sink, under claims."""

    def __init__(self, client: Client, sink: Sink, claims: Claims) -> None:
        self._client = client
        self._sink = sink
        self._claims = claims
        self._fenced_in_a_row = 0

    def store(self, group: bytes, items: Sequence[Pending], firsts: Mapping[int, int], bury: Bury) -> None:
        """Store those that are not stored yet; a record that ClickHouse cannot parse is found by halving.

        `firsts` has each partition's lowest offset in the whole batch. Raises RetryLater or StopConsuming;
        the next call finds out what was stored, and stores the rest.
        """
        self._claims.ensure(firsts, len(items))
        missing = self._not_stored(items, firsts)
        if not missing:
            return
        try:
            self._insert(group, missing)
        except RefuseBatch as error:
            self._claims.drop(firsts)
            if len(missing) == 1:
                # Where what is stored can be read, the record is to blame and not the table.
                self._claims.ensure(firsts, 1)
                bury(missing[0][0], str(error))
                return
            middle = len(missing) // 2
            self.store(group, missing[:middle], firsts, bury)
            self.store(group, missing[middle:], firsts, bury)
        except RetryLater as error:
            self._claims.drop(firsts)
            if isinstance(error, Fenced):
                self._note_fenced(error)
            raise
        else:
            self._fenced_in_a_row = 0
            metrics.RECORDS_STORED.labels(self._sink.topic.name).inc(len(missing))

    def _note_fenced(self, error: Fenced) -> None:
        metrics.FENCED.labels(self._sink.topic.name).inc()
        self._fenced_in_a_row += 1
        if self._fenced_in_a_row >= _FENCED_FOR_GOOD:
            raise StopConsuming(
                f"Refused {self._fenced_in_a_row} times in a row, though claimed each time: another consumer "
                f"group writes the same partitions into the same tables. Stop one of them. {error}"
            ) from error

    def _not_stored(self, items: Sequence[Pending], firsts: Mapping[int, int]) -> Sequence[Pending]:
        stored = {partition: self._claims[partition].stored for partition in firsts}
        if not any(stored.values()):
            return items
        return [item for item in items if (item[0].offset() or 0) not in stored[item[0].partition() or 0]]

    def _insert(self, group: bytes, items: Sequence[Pending]) -> None:
        partitions = {message.partition() or 0 for message, _ in items}
        tails = {p: self._sink.tail(p, self._claims[p].claim) for p in partitions}
        rows = [part for message, parts in items for part in (*parts, tails[message.partition() or 0])]
        comment = insert_comment(self._sink.table, partitions)
        body = self._sink.body(group, len(items), rows)
        told: tracing.Attributes = {"db.system.name": "clickhouse", "db.operation.batch.size": len(items)}
        with (
            tracing.span(f"INSERT {self._sink.table}", told),
            metrics.INSERT_SECONDS.labels(self._sink.topic.name).time(),
        ):
            try:
                self._client.raw_insert(
                    self._sink.table,
                    column_names=self._sink.columns(group),
                    insert_block=_once(body.pieces, len(items)),
                    fmt=self._sink.format,
                    settings={**_SETTINGS, **self._sink.settings, "log_comment": comment},
                    transport_settings={"Content-Length": str(body.size)},
                )
            except (ClickHouseError, OSError) as error:
                raise sort_error(error) from error
        reached(Point.INSERTED, len(items))


def _once(pieces: Iterator[bytes], records: int) -> Generator[bytes, None, None]:
    """The body as a generator: any other body is sent again by clickhouse-connect after a reset."""
    for number, piece in enumerate(pieces):
        if number:
            reached(Point.BODY_HALF_SENT, records)
        yield piece
    reached(Point.BODY_SENT, records)
