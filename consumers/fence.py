"""Claims on partitions: who may insert a partition's records into ClickHouse, decided in ClickHouse itself.

A partition's current claim is the one of the highest epoch in the table `fence`. Each record that is inserted
carries its consumer's claim, and the landing view refuses an INSERT in which any claim is not current. So a
consumer that was frozen, and goes on after another has taken over, stores nothing.
"""

import logging
import secrets
import time
from collections.abc import Iterable, Sequence

from clickhouse_connect.driver.client import Client

from consumers.errors import RetryLater
from consumers.points import Point, reached

log = logging.getLogger(__name__)

_PATIENT_SECONDS = 2.0
"""How long an INSERT under an older claim may go on before it is killed."""
_LONGEST_SECONDS = 10.0
_POLL_SECONDS = 0.01

_EPOCHS = """
SELECT kafka_partition, max(epoch) FROM fence
WHERE topic_id = unhex({topic_id:String}) AND kafka_partition IN {partitions:Array(UInt16)}
GROUP BY kafka_partition
"""
_WRITE = """
INSERT INTO fence (topic_id, kafka_partition, epoch, claim)
SELECT unhex({topic_id:String}), row.1, row.2, row.3
FROM (SELECT arrayJoin({rows:Array(Tuple(UInt16, UInt64, Int64))}) AS row)
"""
_CURRENT = """
SELECT kafka_partition, argMax(claim, (epoch, claim)) FROM fence
WHERE topic_id = unhex({topic_id:String}) AND kafka_partition IN {partitions:Array(UInt16)}
GROUP BY kafka_partition
"""
_RUNNING = """
SELECT DISTINCT Settings['log_comment'] AS comment FROM system.processes
WHERE query_kind = 'Insert' AND startsWith(comment, {start:String})
  AND hasAny(splitByChar(',', splitByChar(' ', comment)[-1]), {partitions:Array(String)})
"""
_KILL = "KILL QUERY WHERE Settings['log_comment'] IN {comments:Array(String)} ASYNC"


def insert_comment(table: str, partitions: Iterable[int]) -> str:
    """The log_comment of one INSERT: unlike any other's, with the table and the partitions it brings."""
    return f"{_comment_start(table)}{secrets.token_hex(8)} {','.join(map(str, sorted(partitions)))}"


def _comment_start(table: str) -> str:
    return f"sillage-insert {table} "


class Fence:
    """Claims partitions of one topic for INSERTs into one landing table."""

    def __init__(self, client: Client, table: str, topic_id: bytes) -> None:
        self._client = client
        self._table = table
        self._topic_id = topic_id.hex()

    def claim(self, partitions: Sequence[int], records: int) -> dict[int, int]:
        """Make these partitions one's own: from its return on, no older claim's INSERT stores anything.

        Raises RetryLater when another consumer claims at the same moment or an older INSERT does not end, and
        clickhouse_connect's errors. `records` is what waits for it, said at the named points.
        """
        epochs = dict.fromkeys(partitions, 0) | self._ask(_EPOCHS, partitions)
        reached(Point.CLAIM_READ, records)
        claims = {partition: secrets.randbits(63) for partition in partitions}
        rows = [(partition, epochs[partition] + 1, claim) for partition, claim in claims.items()]
        self._client.command(_WRITE, {"topic_id": self._topic_id, "rows": rows})
        reached(Point.CLAIM_WRITTEN, records)
        current = self._ask(_CURRENT, partitions)
        if any(current[partition] != claim for partition, claim in claims.items()):
            raise RetryLater(f"Another consumer claims {sorted(partitions)} at the same moment.")
        self._drain(partitions)
        reached(Point.DRAINED, records)
        return claims

    def _ask(self, sql: str, partitions: Sequence[int]) -> dict[int, int]:
        parameters = {"topic_id": self._topic_id, "partitions": list(partitions)}
        return {row[0]: row[1] for row in self._client.query(sql, parameters).result_rows}

    def _drain(self, partitions: Sequence[int]) -> None:
        """Wait for the INSERTs that may have passed the view's check under an older claim.

        An INSERT is listed before its view reads the fence: what is not listed now will read the new claim.
        """
        older = self._running(partitions)
        started, killed = time.monotonic(), False
        while older:
            waited = time.monotonic() - started
            if waited > _LONGEST_SECONDS:
                raise RetryLater(f"{len(older)} INSERTs under an older claim do not end.")
            if waited > _PATIENT_SECONDS and not killed:
                log.warning("Killing %d INSERTs that run under an older claim", len(older))
                self._client.command(_KILL, {"comments": sorted(older)})
                killed = True
            time.sleep(_POLL_SECONDS)
            older &= self._running(partitions)

    def _running(self, partitions: Sequence[int]) -> set[str]:
        parameters = {"start": _comment_start(self._table), "partitions": [str(p) for p in partitions]}
        return {comment for (comment,) in self._client.query(_RUNNING, parameters).result_rows}
