"""A long outage of ClickHouse under load: what the consumer holds meanwhile, how fast the lag is drained."""

import random
import sys
import threading
import time
from collections.abc import Iterator

from bench.processes import Engines, Measured, clickhouse, consumer
from bench.result import Result
from bench.topic import RecordTopic, usage_topic
from bench.traffic import EVENTS_A_BATCH, record

EVENTS_A_SECOND = 10_000
OUTAGE_SECONDS = 300
_STEADY_SECONDS = 20
_MOST_MB = 400
_DRAIN_TIMES = 5
_NEARLY_NONE = EVENTS_A_SECOND // EVENTS_A_BATCH
"""A lag of one second's records: the consumer has caught up."""


def measure(at: Engines, seconds: int = OUTAGE_SECONDS) -> Iterator[Result]:
    """A steady load from before the outage until the lag is drained."""
    topic = usage_topic(at)
    load = _Load(topic)
    with consumer(at) as process:
        load.start()
        time.sleep(_STEADY_SECONDS)
        at.clickhouse.process.kill()
        at.clickhouse.process.wait()
        held = _watched(process, topic, seconds)
        with clickhouse(at.directory, at.ports, at.environ):
            began, waiting, behind = time.monotonic(), topic.lag(), sum(topic.committed().values())
            while topic.lag() > _NEARLY_NONE:
                time.sleep(0.2)
            took = time.monotonic() - began
            stored = (sum(topic.committed().values()) - behind) * EVENTS_A_BATCH
            load.finish()
            topic.wait_until_committed()
            yield Result("13 outage: consumer's memory, at most", "MB", held, _MOST_MB)
            yield Result("13 outage: events that waited", "events", waiting * EVENTS_A_BATCH)
            rate = stored / took / EVENTS_A_SECOND
            yield Result("13 outage: drained, to arrivals", "times", rate, _DRAIN_TIMES, at_least=True)
            yield Result("13 outage: from ClickHouse's return to no lag", "s", took)


def _watched(process: Measured, topic: RecordTopic, seconds: int) -> float:
    most, ends = 0.0, time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        time.sleep(min(left, 5))
        most = max(most, process.rss_mb())
        waiting = topic.lag() * EVENTS_A_BATCH
        print(f"{left:.0f} s to go: {waiting:,} events wait, consumer {most:.0f} MB", file=sys.stderr)
    return most


class _Load(threading.Thread):
    """Writes batches at a steady rate until it is told to finish."""

    def __init__(self, topic: RecordTopic) -> None:
        super().__init__(daemon=True)
        self._topic = topic
        self._finish = threading.Event()

    def run(self) -> None:
        chance, began, sent = random.Random(2), time.monotonic(), 0
        while not self._finish.wait(0.02):
            due = int((time.monotonic() - began) * EVENTS_A_SECOND / EVENTS_A_BATCH)
            for _ in range(due - sent):
                self._topic.send(record(chance))
            sent = due
        self._topic.flush()

    def finish(self) -> None:
        """Stop writing; all that was written is in Kafka when it returns."""
        self._finish.set()
        self.join()
