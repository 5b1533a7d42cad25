"""`make soak MINUTES=60`: long outages of Kafka and of ClickHouse, then memory at a steady load."""

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench import collector_outage, load, outage
from bench.processes import Measured, collector, consumer, engines
from bench.result import LATEST, Result, publish
from bench.traffic import EVENTS_A_BATCH, TENANT, body

PORT_BASE = 8_580
LATEST_SOAK = LATEST.with_name("latest-soak.json")
EVENTS_A_SECOND = 5_000
WARM_UP_SHARE = 0.2
_MOST_DRIFT_PERCENT = 5.0


def main() -> None:
    """Load for so many minutes, say each minute what every process holds, compare the ends."""
    minutes = int(os.environ.get("MINUTES", "60"))
    results: list[Result] = []
    for module in (collector_outage, outage):
        with (
            tempfile.TemporaryDirectory(prefix="sillage-soak-") as directory,
            engines(Path(directory), PORT_BASE) as at,
        ):
            results += module.measure(at)
    with (
        tempfile.TemporaryDirectory(prefix="sillage-soak-") as directory,
        engines(Path(directory), PORT_BASE) as at,
        collector(at) as collecting,
        consumer(at) as consuming,
    ):
        measured = {"collector": collecting, "consumer": consuming, "clickhouse": at.clickhouse}
        results += _soak(at.ports.collector, measured, minutes)
    sys.exit(not publish(results, LATEST_SOAK))


def _soak(port: int, measured: dict[str, Measured], minutes: int) -> list[Result]:
    samples: dict[str, list[float]] = {name: [] for name in measured}
    loading = threading.Thread(target=_load, args=(port, minutes), daemon=True)
    loading.start()
    while loading.is_alive():
        loading.join(60)
        for name, process in measured.items():
            samples[name].append(process.rss_mb())
        held = ", ".join(f"{name} {values[-1]:.0f} MB" for name, values in samples.items())
        print(f"{time.strftime('%H:%M')}: {held}", file=sys.stderr)
    return [result for name, values in samples.items() for result in _drift(name, values)]


def _load(port: int, minutes: int) -> None:
    rate = EVENTS_A_SECOND / EVENTS_A_BATCH
    # Each has ids of its own: a batch that came before would be left out.
    load.at_rate(port, (load.request(body(TENANT)) for _ in range(int(minutes * 60 * rate))), rate)


def _drift(name: str, values: list[float]) -> list[Result]:
    """From the end of the warm-up to the end."""
    settled = values[min(int(WARM_UP_SHARE * len(values)), len(values) - 1)]
    drift = 100 * (values[-1] - settled) / settled
    bar = None if name == "clickhouse" else _MOST_DRIFT_PERCENT
    return [
        Result(f"10 {name}: memory at the end", "MB", values[-1]),
        Result(f"10 {name}: drift since the warm-up", "%", drift, bar),
    ]


if __name__ == "__main__":
    main()
