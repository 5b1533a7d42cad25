"""`python -m bench.span_queries [SPANS]`: row 8, the questions about traces, each beside a scan of the rows.

The table is filled by the engine itself, with a tenth of the spans first and then with all of them: what a
look-up costs must not grow with what is stored. Each question is asked as `sillage traces` asks it.
"""

import functools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from clickhouse_connect.driver.client import Client

from bench.processes import engines
from bench.result import Result, publish
from queries.traces.conditions import parse_condition
from queries.traces.find import FindQuestion, find
from queries.traces.period import Period
from queries.traces.places import locate
from queries.traces.red import RedQuestion, red
from queries.traces.trace import read_trace
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load

SPANS = 50_000_000
TENANT = "bench"
PORT_BASE = 8_420
LATEST = Path(__file__).with_name("latest-span-queries.json")
_SPANS_A_STEP = 2_000_000
_ASKED, _SCANNED = 100, 5
_DAY_NS = 86_400 * 10**9
_FILL = Path(__file__).with_name("span_table.sql").read_text("utf-8")
_WITHOUT_HELP = "SETTINGS optimize_use_projections = 0, use_skip_indexes = 0, use_query_condition_cache = 0"
_SCANS = {
    "trace by id": "SELECT * FROM spans WHERE identity(tenant) = 'bench'"
    " AND identity(trace_key) = unhex('{trace}')",
    "search, three conditions, 24 h": "SELECT lower(hex(trace_key)), max(started_at) FROM span_rows"
    " WHERE identity(tenant) = 'bench' AND identity(started_at) >= now64(9) - INTERVAL 1 DAY"
    " AND service = 'checkout' AND http_status >= 500 AND duration_ns >= 50000000"
    " GROUP BY trace_key ORDER BY 2 DESC LIMIT 20",
    "RED, 24 h": "SELECT service, name, toUInt16(log2(duration_ns + 1) * 8) AS bucket, count(),"
    " countIf(status = 'error'), max(duration_ns) FROM span_rows WHERE identity(tenant) = 'bench'"
    " AND identity(started_at) >= now64(9) - INTERVAL 1 DAY GROUP BY ALL",
}
"""The same answers from the raw rows: `identity` keeps the primary key and the partitions from helping."""
_BARS = {"trace by id": 50, "search, three conditions, 24 h": 10, "RED, 24 h": 10}


def main() -> None:
    """Fill, ask, fill up, ask again; exit 1 when a bar falls short."""
    spans = int(sys.argv[1]) if len(sys.argv) > 1 else SPANS
    with (
        tempfile.TemporaryDirectory(prefix="sillage-bench-") as directory,
        engines(Path(directory), PORT_BASE) as at,
    ):
        client = connect(load(QuerySettings, at.environ), timeout_seconds=900)
        sys.exit(not publish(list(_measure(client, spans)), LATEST))


def _measure(client: Client, spans: int) -> Iterator[Result]:
    few = _p99s(client, _fill(client, spans // 10))
    client.command("TRUNCATE TABLE trace_spans")
    many = _p99s(client, _fill(client, spans))
    for name, p99 in many.items():
        yield Result(f"8 {name}, {spans:,} spans: p99", "ms", p99)
        scan = _median_ms(functools.partial(client.query, _scan(client, _SCANS[name])), _SCANNED)
        yield Result(f"8 {name}: scan of the rows", "ms", scan)
        yield Result(f"8 {name}: scan to p99", "times", scan / p99, _BARS[name], at_least=True)
        bar = 2.0 if name == "trace by id" else None
        yield Result(f"8 {name}: {spans:,} to {spans // 10:,} spans", "times", p99 / few[name], bar)


def _fill(client: Client, spans: int) -> int:
    for first in range(0, spans, _SPANS_A_STEP):
        print(f"\r{first:,} of {spans:,} spans are stored", end="", file=sys.stderr)
        bounds = {"first": first, "until": min(first + _SPANS_A_STEP, spans), "spans": spans}
        client.command(_FILL, bounds)
    print(f"\r{spans:,} spans are stored, and are being merged", file=sys.stderr)
    client.command("OPTIMIZE TABLE trace_spans FINAL")
    return spans


def _p99s(client: Client, spans: int) -> dict[str, float]:
    ids = [_trace_id(client, number * (spans // 20 // _ASKED)) for number in range(_ASKED)]
    chosen = iter(ids + ids[:1] * 2)
    where = [parse_condition("http.response.status_code >= 500")]
    questions: dict[str, Callable[[], object]] = {
        "trace by id": lambda: [
            read_trace(client, place) for place in locate(client, [next(chosen)], TENANT)
        ],
        "search, three conditions, 24 h": lambda: find(
            client,
            FindQuestion(TENANT, Period.last(_DAY_NS), "checkout", min_duration_ns=50_000_000, where=where),
        ),
        "RED, 24 h": lambda: red(client, RedQuestion(TENANT, Period.last(_DAY_NS))),
    }
    return {name: _p99_ms(ask) for name, ask in questions.items()}


def _trace_id(client: Client, trace: int) -> str:
    sql = "SELECT lower(hex(reinterpretAsFixedString(sipHash128(toUInt64({trace:UInt64})))))"
    return str(client.query(sql, {"trace": trace}).result_rows[0][0])


def _scan(client: Client, sql: str) -> str:
    return f"{sql.format(trace=_trace_id(client, 7))} {_WITHOUT_HELP}"


def _times_ms(ask: Callable[[], object], times: int) -> list[float]:
    ask()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1_000)
    return taken


def _p99_ms(ask: Callable[[], object]) -> float:
    return statistics.quantiles(_times_ms(ask, _ASKED), n=100)[98]


def _median_ms(ask: Callable[[], object], times: int) -> float:
    return statistics.median(_times_ms(ask, times))


if __name__ == "__main__":
    main()
