"""Row 7: from the acknowledgement to the answer of a query, while a steady load passes by."""

import json
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator

from bench import load
from bench.processes import Engines, collector, consumer
from bench.result import Result
from bench.traffic import EVENTS_A_BATCH, PROBE_TENANT, TENANT, body
from local.ports import HOST
from runtime.clickhouse import connect
from runtime.settings import QuerySettings
from runtime.settings import load as load_settings

SECONDS = 15
RATES = (1_000, 20_000)
_PROBE_EVERY_SECONDS = 0.1
_POLL_SECONDS = 0.01
_LATEST_SECONDS = 30.0


def measure(at: Engines) -> Iterator[Result]:
    """Probes of a tenant of their own, among the load of another."""
    with collector(at), consumer(at):
        for rate in RATES:
            delays = _probe_under_load(at, rate)
            bar = 1_000 if rate == RATES[0] else None
            yield Result(f"7 visible after, p50 at {rate:,} events/s", "ms", 1e3 * load.quantile(delays, 0.5))
            yield Result(
                f"7 visible after, p99 at {rate:,} events/s", "ms", 1e3 * load.quantile(delays, 0.99), bar
            )


def _probe_under_load(at: Engines, rate: int) -> list[float]:
    batches = rate // EVENTS_A_BATCH
    requests = [load.request(body(TENANT)) for _ in range(batches * SECONDS)]
    passing = threading.Thread(target=load.at_rate, args=(at.ports.collector, requests, batches))
    watcher = _Watcher(at)
    watcher.start()
    passing.start()
    while passing.is_alive():
        watcher.send_probe()
        time.sleep(_PROBE_EVERY_SECONDS)
    passing.join()
    return watcher.finish()


class _Watcher(threading.Thread):
    """Asks for the probes that are visible, again and again, and notes when each is first seen."""

    def __init__(self, at: Engines) -> None:
        super().__init__()
        self._url = f"http://{HOST}:{at.ports.collector}/v1/events"
        self._client = connect(load_settings(QuerySettings, at.environ))
        self._acknowledged: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self._since = time.time_ns() // 1_000_000
        self._all_sent = threading.Event()

    def send_probe(self) -> None:
        """Post one event; its clock starts at the acknowledgement."""
        probe = str(uuid.uuid4())
        request = urllib.request.Request(
            self._url, body(PROBE_TENANT, [probe]), {"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert json.load(answer)["accepted"] == 1
        self._acknowledged[probe] = time.monotonic()

    def run(self) -> None:
        sql = (
            "SELECT toString(event_id) FROM usage WHERE tenant = {tenant:String}"
            " AND received_at >= fromUnixTimestamp64Milli({since:Int64})"
        )
        deadline = None
        while deadline is None or time.monotonic() < deadline:
            rows = self._client.query(sql, {"tenant": PROBE_TENANT, "since": self._since}).result_rows
            now = time.monotonic()
            for (probe,) in rows:
                self._seen.setdefault(probe, now)
            if self._all_sent.is_set():
                deadline = deadline or now + _LATEST_SECONDS
                if len(self._seen) >= len(self._acknowledged):
                    return
            time.sleep(_POLL_SECONDS)

    def finish(self) -> list[float]:
        """Wait until every probe is seen; the delays in seconds, least first."""
        self._all_sent.set()
        self.join()
        return sorted(max(0.0, self._seen[probe] - at) for probe, at in self._acknowledged.items())
