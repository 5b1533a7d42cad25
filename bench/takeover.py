"""A consumer is killed: how long until its partitions are served by the other."""

import random
import time
from collections.abc import Iterator

from bench.processes import Engines, consumer
from bench.result import Result
from bench.topic import usage_topic
from bench.traffic import record

_BAR_SECONDS = 15
_POLL_SECONDS = 0.05
_LATEST_SECONDS = 60.0


def measure(at: Engines) -> Iterator[Result]:
    """Two consumers share the partitions; one is killed, and records go to every partition."""
    topic, chance = usage_topic(at), random.Random(3)

    def send() -> None:
        for _ in range(40):
            topic.send(record(chance))
        topic.flush()

    with consumer(at) as first, consumer(at) as second:
        send()
        topic.wait_until_committed()
        began = time.monotonic()
        second.process.kill()
        send()
        while topic.lag() and time.monotonic() - began < _LATEST_SECONDS:
            time.sleep(_POLL_SECONDS)
        assert first.process.is_running()
        yield Result("14 kill -9 to served again", "s", time.monotonic() - began, _BAR_SECONDS)
