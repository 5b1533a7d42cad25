"""Row 5: the collector, batches of 20 events, acknowledged by all in-sync replicas."""

from collections.abc import Iterator

from bench import load
from bench.processes import Engines, collector
from bench.result import Result
from bench.traffic import TENANT, body

REQUESTS = 20_000
CONNECTIONS = 128
LOAD_SECONDS = 10
SHARE_OF_CAPACITY = 0.7
_BAR_REQUESTS = 10_000


def measure(at: Engines) -> Iterator[Result]:
    """As many requests as it takes, then a steady rate of seven tenths of that."""
    requests = [load.request(body(TENANT)) for _ in range(REQUESTS)]
    with collector(at) as process:
        load.all_at_once(at.ports.collector, requests[:1_000], CONNECTIONS)
        before = process.cpu_seconds()
        load.all_at_once(at.ports.collector, requests, CONNECTIONS)
        a_core = REQUESTS / (process.cpu_seconds() - before)
        yield Result(
            "5 collector: requests a second and core", "requests", a_core, _BAR_REQUESTS, at_least=True
        )
        rate = SHARE_OF_CAPACITY * min(a_core, _BAR_REQUESTS)
        latencies = load.at_rate(at.ports.collector, requests[: int(rate * LOAD_SECONDS)], rate)
        yield Result(f"5 collector: p50 at {rate:,.0f} requests/s", "ms", 1e3 * load.quantile(latencies, 0.5))
        yield Result(
            f"5 collector: p99 at {rate:,.0f} requests/s", "ms", 1e3 * load.quantile(latencies, 0.99), 50
        )
        yield Result("5 collector: memory", "MB", process.rss_mb())
