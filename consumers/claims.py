"""What a consumer knows about the partitions it has claimed: its claim, and what was stored before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from consumers.errors import RefuseBatch, RetryLater, sort_error
from consumers.fence import Fence
from consumers.points import Point, reached
from consumers.sink import Sink
from consumers.stored import Offsets, read_stored
from runtime import metrics, tracing


@dataclass
class Claim:
    """One partition's claim."""

    claim: int
    stored: Offsets
    """Offsets that ClickHouse holds already: they must not be inserted again."""


class Claims:
    """The claims held at this moment. Any error drops them; the next INSERT makes them anew."""

    def __init__(self, client: Client, sink: Sink, topic_id: bytes) -> None:
        self._client = client
        self._fence = Fence(client, sink.table, topic_id)
        self._topic = sink.topic.name
        self._stored_in = sink.stored_in
        self._topic_id = topic_id
        self._held: dict[int, Claim] = {}

    def __getitem__(self, partition: int) -> Claim:
        return self._held[partition]

    def ensure(self, firsts: Mapping[int, int], records: int) -> None:
        """Claim those of the partitions that are not held, and read what is stored from the given offset on.

        That offset must be the lowest that will be inserted. Raises RetryLater or StopConsuming.
        """
        wanted = {partition: first for partition, first in firsts.items() if partition not in self._held}
        if not wanted:
            return
        try:
            with tracing.span("claim", {"sillage.batch.partitions": len(wanted)}):
                claims = self._fence.claim(list(wanted), records)
            with tracing.span("verify", {"sillage.batch.partitions": len(wanted)}):
                stored = read_stored(self._client, self._stored_in, self._topic_id, wanted)
        except (ClickHouseError, OSError) as error:
            meaning = sort_error(error)
            if isinstance(meaning, RefuseBatch):  # no record is to blame for what a table cannot give
                meaning = RetryLater(str(meaning))
            raise meaning from error
        reached(Point.VERIFIED, records)
        metrics.CLAIMS.labels(self._topic).inc(len(wanted))
        self._held |= {partition: Claim(claims[partition], stored[partition]) for partition in wanted}

    def drop(self, partitions: Iterable[int]) -> None:
        """Forget the claims of these partitions: they are no longer ours, or what is stored is in doubt."""
        for partition in partitions:
            self._held.pop(partition, None)
