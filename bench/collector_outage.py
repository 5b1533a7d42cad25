"""A long outage of Kafka under load: what the collector acknowledges is kept, and comes to Kafka afterwards.

`python -m bench.collector_outage SECONDS [REQUESTS_A_SECOND]` runs it alone.
"""

import itertools
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from bench import load
from bench.processes import Engines, Measured, collector, engines, kafka
from bench.result import Result, publish
from bench.traffic import EVENTS_A_BATCH, TENANT, body
from ingest.spooling.directory import SpoolDirectory
from ingest.spooling.store import Store
from schemas.topics import USAGE

PORT_BASE = 8_680
OUTAGE_SECONDS = 600
REQUESTS_A_SECOND = 2_000
_CONNECTIONS = 512
_STEADY_SECONDS = 10
_MOST_MB = 250
_DRAIN_TIMES = 3
_SPOOL_BYTES = 8 << 30
_BODIES = 2_000


def measure(at: Engines, seconds: int = OUTAGE_SECONDS, rate: int = REQUESTS_A_SECOND) -> Iterator[Result]:
    """A steady load from before the outage until the spool is drained."""
    spool = at.directory / "spool"
    settings = {"SILLAGE_SPOOL_DIR": str(spool), "SILLAGE_SPOOL_MAX_BYTES": str(_SPOOL_BYTES)}
    with collector(at, **settings) as process:
        store = SpoolDirectory(spool).open(_SPOOL_BYTES)
        traffic = _Traffic(at.ports.collector, rate)
        memory = _Memory(process)
        traffic.start()
        time.sleep(_STEADY_SECONDS)
        at.kafka.process.kill()
        at.kafka.process.wait()
        used = process.cpu_seconds()
        _watch(seconds, store, memory)
        used = process.cpu_seconds() - used
        waiting = store.totals()
        with kafka(at.broker, at.directory):
            began = time.monotonic()
            while store.totals().records:
                time.sleep(0.2)
            took = time.monotonic() - began
            traffic.finish()
            while store.totals().records:
                time.sleep(0.2)
            stored = _keys_in_kafka(at)
        drained = waiting.records + rate * took
        lost = len(traffic.acknowledged() - stored)
        yield Result("14 Kafka away: events acknowledged and lost", "events", lost * EVENTS_A_BATCH, 0)
        yield Result("14 Kafka away: requests acknowledged", "requests", len(traffic.acknowledged()))
        yield Result("14 Kafka away: requests refused by 503", "requests", len(traffic.refused))
        yield Result("14 Kafka away: p99 over all", "ms", 1e3 * load.quantile(traffic.latencies, 0.99))
        yield Result("14 Kafka away: collector's memory, at most", "MB", memory.most, _MOST_MB)
        yield Result("14 Kafka away: collector's CPU", "µs a request", 1e6 * used / (rate * seconds))
        yield Result("14 Kafka away: spool", "bytes a record", waiting.bytes / max(1, waiting.records))
        yield Result(
            "14 Kafka away: drained, to arrivals", "times", drained / took / rate, _DRAIN_TIMES, at_least=True
        )
        yield Result("14 Kafka away: from Kafka's return to an empty spool", "s", took)


def _watch(seconds: int, store: Store, memory: "_Memory") -> None:
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        time.sleep(min(left, 5))
        print(
            f"{left:.0f} s to go: {store.totals().records:,} records in the spool, "
            f"collector at most {memory.most:.0f} MB",
            file=sys.stderr,
        )


class _Memory(threading.Thread):
    """The most that a process has held."""

    def __init__(self, process: Measured) -> None:
        super().__init__(daemon=True)
        self._process = process
        self.most = 0.0
        self.start()

    def run(self) -> None:
        while self._process.process.is_running():
            self.most = max(self.most, self._process.rss_mb())
            time.sleep(0.5)


class _Traffic(threading.Thread):
    """Batches at a steady rate until it is told to finish; each has an id of its own."""

    def __init__(self, port: int, rate: int) -> None:
        super().__init__(daemon=True)
        self._port, self._rate = port, rate
        self._bodies = [body(TENANT) for _ in range(_BODIES)]
        self._finish = threading.Event()
        self._sent: set[bytes] = set()
        self.refused: set[bytes] = set()
        self.latencies: list[float] = []

    def run(self) -> None:
        self.latencies = load.at_rate(
            self._port, self._requests(), self._rate, _CONNECTIONS, lambda raw: self.refused.add(_id_of(raw))
        )

    def finish(self) -> None:
        """Send no more; all are answered when it returns."""
        self._finish.set()
        self.join()

    def acknowledged(self) -> set[bytes]:
        """The ids of the batches that were."""
        assert len(self.latencies) == len(self._sent) - len(self.refused)
        return self._sent - self.refused

    def _requests(self) -> Iterator[bytes]:
        for made in itertools.cycle(self._bodies):
            if self._finish.is_set():
                return
            at = made.index(b'"batch_id":"') + len(b'"batch_id":"')
            identity = uuid.uuid4()
            self._sent.add(identity.bytes)
            yield load.request(made[:at] + str(identity).encode() + made[at + 36 :])


def _id_of(raw: bytes) -> bytes:
    at = raw.index(b'"batch_id":"') + len(b'"batch_id":"')
    return uuid.UUID(raw[at : at + 36].decode()).bytes


def _keys_in_kafka(at: Engines) -> set[bytes]:
    consumer = Consumer(
        {"bootstrap.servers": at.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"], "group.id": "bench.outage"}
    )
    keys: set[bytes] = set()
    for partition in range(USAGE.partitions):
        place = TopicPartition(USAGE.name, partition, 0)
        left = consumer.get_watermark_offsets(place)[1]
        consumer.assign([place])
        while left > 0:
            found = consumer.consume(min(left, 10_000), 30)
            assert found, f"{left} records of partition {partition} do not come"
            left -= len(found)
            keys |= {message.key() or b"" for message in found}
    consumer.close()
    return keys


def main() -> None:
    """Run it alone."""
    numbers = [int(argument) for argument in sys.argv[1:]]
    with (
        tempfile.TemporaryDirectory(prefix="sillage-outage-") as directory,
        engines(Path(directory), PORT_BASE) as at,
    ):
        results = [*measure(at, *numbers)]
    sys.exit(not publish(results, Path(__file__).with_name("latest-collector-outage.json")))


if __name__ == "__main__":
    main()
