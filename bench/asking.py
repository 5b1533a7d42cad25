"""What asking the same again and again takes."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.processes import Measured


@dataclass(frozen=True)
class Taken:
    """Milliseconds of wall time, and of the engine's CPU time."""

    p50: float
    p99: float
    cpu: float


def timed(engine: Measured, ask: Callable[[int], object], times: int) -> Taken:
    """Ask so many times, each time with its number from 0."""
    began, walls = engine.cpu_seconds(), []
    for number in range(times):
        started = time.perf_counter()
        ask(number)
        walls.append((time.perf_counter() - started) * 1_000)
    cpu = (engine.cpu_seconds() - began) / times * 1_000
    return Taken(statistics.median(walls), statistics.quantiles(walls, n=100, method="inclusive")[98], cpu)
