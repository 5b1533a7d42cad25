"""Row 5: the collector, batches of 20 events, acknowledged by all in-sync replicas."""

import math
import statistics
import time
from collections.abc import Iterator, Sequence

from bench import load
from bench.processes import Engines, Measured, bare_collector, collector
from bench.result import Result
from bench.traffic import TENANT, body

REQUESTS = 10_000
TURNS = 4
CONNECTIONS = 128
LOAD_SECONDS = 10
SHARE_OF_CAPACITY = 0.7
_BAR_REQUESTS = 10_000
_CLOSE_ENOUGH = 0.05
_LATE, _TRIES = 1.1, 5


def measure(at: Engines) -> Iterator[Result]:
    """As many requests as it takes, in turns with a bare collector; then a steady rate below that."""
    requests = [load.request(body(TENANT)) for _ in range(REQUESTS)]
    with bare_collector(at) as (bare, bare_port), collector(at) as process:
        ours, others = [], []
        for _ in range(TURNS):
            ours.append(cost(process, at.ports.collector, requests))
            others.append(cost(bare, bare_port, requests))
    yield Result("5 collector: requests a second and core", "requests", 1 / min(ours), _BAR_REQUESTS, True)
    yield Result("5 collector: the same, median of the turns", "requests", 1 / statistics.median(ours))
    yield Result("5 a bare collector in turns with it, median", "requests", 1 / statistics.median(others))
    times = statistics.median(other / own for own, other in zip(ours, others, strict=True))
    yield Result("5 collector: to the bare one", "times", times)
    with collector(at) as process:
        yield from _latency(at, process, SHARE_OF_CAPACITY / statistics.median(ours))


def cost(process: Measured, port: int, requests: Sequence[bytes]) -> float:
    """CPU seconds a request."""
    before = process.cpu_seconds()
    load.all_at_once(port, requests, CONNECTIONS)
    return (process.cpu_seconds() - before) / len(requests)


def _latency(at: Engines, process: Measured, rate: float) -> Iterator[Result]:
    """At a rate that keeps the collector busy for the share that is asked, as the machine is just now.

    Where that is more than the machine gives beside Kafka and the load: at that share of what it gives.
    """
    most, next_rate = math.inf, rate
    for _ in range(_TRIES):
        rate = next_rate
        requests = [load.request(body(TENANT)) for _ in range(int(rate * LOAD_SECONDS))]
        before, began = process.cpu_seconds(), time.monotonic()
        latencies = load.at_rate(at.ports.collector, requests, rate)
        took = time.monotonic() - began
        busy = (process.cpu_seconds() - before) / took
        if took > LOAD_SECONDS * _LATE:
            next_rate = most = SHARE_OF_CAPACITY * len(requests) / took
        elif abs(busy - SHARE_OF_CAPACITY) < _CLOSE_ENOUGH or rate == most:
            break
        else:
            next_rate = min(most, rate * SHARE_OF_CAPACITY / busy)
    yield Result("5 collector: share of a core in use", "%", 100 * busy)
    yield Result(f"5 collector: p50 at {rate:,.0f} requests/s", "ms", 1e3 * load.quantile(latencies, 0.5))
    yield Result(
        f"5 collector: p99 at {rate:,.0f} requests/s", "ms", 1e3 * load.quantile(latencies, 0.99), 50
    )
    yield Result("5 collector: memory", "MB", process.rss_mb(), 250)
