"""Row 16: the collector, OTLP requests of 20 spans with 12 attributes, acknowledged by in-sync replicas."""

import random
import statistics
from collections.abc import Iterator

from bench import load
from bench.collecting import cost
from bench.processes import Engines, collector
from bench.result import Result
from bench.span_traffic import request
from bench.traffic import TENANT

REQUESTS = 5_000
TURNS = 4
_BAR_REQUESTS = 9_000


def measure(at: Engines) -> Iterator[Result]:
    """Requests of which nothing has to be taken out, in turns with such whose every span holds something."""
    chance = random.Random(20261125)
    plain, minimised = (
        [load.traces_request(request(chance, with_addresses=one), f"sk_{TENANT}") for _ in range(REQUESTS)]
        for one in (False, True)
    )
    with collector(at) as process:
        costs = [
            (cost(process, at.ports.collector, plain), cost(process, at.ports.collector, minimised))
            for _ in range(TURNS)
        ]
    quick, slow = zip(*costs, strict=True)
    yield Result("16 traces: requests a second and core", "requests", 1 / min(quick), _BAR_REQUESTS, True)
    yield Result("16 traces: the same, median of the turns", "requests", 1 / statistics.median(quick))
    yield Result("16 traces: with two attributes a span to minimise", "requests", 1 / min(slow))
