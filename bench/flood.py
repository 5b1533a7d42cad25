"""A tenant that floods: what it costs another tenant on the same collector.

`python -m bench.flood PORT` is the flood: 64 connections, each sending as fast as it is answered.
"""

import asyncio
import contextlib
import itertools
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import uvloop

from bench import load
from bench.processes import Engines, collector
from bench.result import Result
from bench.traffic import PROBE_TENANT, TENANT, body

RATE_LIMIT = 200
PROBES_A_SECOND = 100
SECONDS = 10
_CONNECTIONS = 64


def measure(at: Engines) -> Iterator[Result]:
    """One tenant's latency, alone and beside another that sends as fast as it can."""
    with collector(at, SILLAGE_TENANT_REQUESTS_PER_SECOND=str(RATE_LIMIT)):
        alone = _probed(at)
        with _flooding(at.ports.collector) as told:
            flooded = _probed(at)
    refused = told["429"] / sum(told.values())
    yield Result("15 flood: requests of the flood", "requests/s", sum(told.values()) / SECONDS)
    yield Result("15 flood: refused with 429", "%", 100 * refused)
    for share in (0.5, 0.99):
        name = f"15 flood: another tenant's p{100 * share:.0f}"
        yield Result(f"{name}, alone", "ms", 1e3 * load.quantile(alone, share))
        yield Result(f"{name}, beside the flood", "ms", 1e3 * load.quantile(flooded, share))


def _probed(at: Engines) -> list[float]:
    probes = (load.request(body(PROBE_TENANT)) for _ in range(PROBES_A_SECOND * SECONDS))
    return load.at_rate(at.ports.collector, probes, PROBES_A_SECOND, connections=16)


@contextlib.contextmanager
def _flooding(port: int) -> Iterator[Counter[str]]:
    """The flood, from a process of its own; what it was answered is told when it is over."""
    told: Counter[str] = Counter()
    command = [sys.executable, "-m", "bench.flood", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        yield told
        said, _ = process.communicate("enough\n")
        told.update({status: int(number) for status, number in map(str.split, said.splitlines())})


async def _flood(port: int) -> Counter[str]:
    requests, told = itertools.cycle([load.request(body(TENANT)) for _ in range(500)]), Counter[str]()

    def answered(visitor: load.Visitor, status: bytes) -> None:
        told[status.decode()] += 1
        visitor.send(next(requests))

    visitors = await load.connect(port, _CONNECTIONS, answered)
    for visitor in visitors:
        visitor.send(next(requests))
    print("begun", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for visitor in visitors:
        visitor.close()
    return told


if __name__ == "__main__":
    for answered, times in uvloop.run(_flood(int(sys.argv[1]))).items():
        print(answered, times)
