"""Which records of a partition ClickHouse holds already: the truth, read back as runs of offsets."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping

from clickhouse_connect.driver.client import Client

_RUNS = """
SELECT kafka_partition, min(kafka_offset), max(kafka_offset)
FROM
(
    SELECT kafka_partition, kafka_offset
    FROM {table:Identifier}
    WHERE topic_id = unhex({topic_id:String})
      AND kafka_offset >=
          transform(kafka_partition, {partitions:Array(UInt16)}, {firsts:Array(UInt64)}, {never:UInt64})
    GROUP BY topic_id, kafka_partition, kafka_offset
    ORDER BY kafka_partition, kafka_offset
)
GROUP BY kafka_partition, kafka_offset - rowNumberInAllBlocks()
ORDER BY 1, 2
"""
_NEVER = (1 << 64) - 1


class Offsets:
    """A set of offsets as runs, each (first, last), ascending and apart: few, however many offsets."""

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in runs:
            self._firsts.append(first)
            self._lasts.append(last)

    def __contains__(self, offset: int) -> bool:
        run = bisect_right(self._firsts, offset) - 1
        return run >= 0 and offset <= self._lasts[run]

    def __bool__(self) -> bool:
        return bool(self._firsts)


def read_stored(client: Client, table: str, topic_id: bytes, firsts: Mapping[int, int]) -> dict[int, Offsets]:
    """For each partition, the offsets from its first on that the table holds rows of.

    There is no upper bound: another consumer may have been ahead. Raises clickhouse_connect's errors.
    """
    parameters = {
        "table": table,
        "topic_id": topic_id.hex(),
        "partitions": list(firsts),
        "firsts": list(firsts.values()),
        "never": _NEVER,
    }
    runs: dict[int, list[tuple[int, int]]] = {partition: [] for partition in firsts}
    for partition, first, last in client.query(_RUNS, parameters).result_rows:
        runs[partition].append((first, last))
    return {partition: Offsets(found) for partition, found in runs.items()}
