"""`python -m bench.span_queries [SPANS] [DIRECTORY]`: row 8, questions about traces, each beside a scan.

A tenth of the spans of bench/span_table.sql, and all of them, are stored by the engine itself: what a look-up
costs must not grow with what is stored. Each question is asked as `sillage traces` asks it, and has the same
answer as the scan. Its wall time is told, and the engine's CPU time, on which other work on the machine has
less influence. A DIRECTORY is kept, and filled once.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from clickhouse_connect.driver.client import Client

from bench.asking import Taken, timed
from bench.processes import Measured, migrated_clickhouse
from bench.result import Result, publish
from bench.span_questions import Question, questions

SPANS = 50_000_000
PORT_BASE = 8_420
LATEST = Path(__file__).with_name("latest-span-queries.json")
_SPANS_A_STEP = 2_000_000
_ASKED, _SCANNED = 100, 5
_FILL = Path(__file__).with_name("span_table.sql").read_text("utf-8")


def main() -> None:
    """Fill, ask, at both sizes; exit 1 when a bar falls short."""
    spans = int(sys.argv[1]) if len(sys.argv) > 1 else SPANS
    with tempfile.TemporaryDirectory(prefix="sillage-bench-") as temporary:
        kept = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary)
        sys.exit(not publish(list(_measure(kept, spans)), LATEST))


def _measure(kept: Path, spans: int) -> Iterator[Result]:
    few: dict[str, Taken] = {}
    for size in (spans // 10, spans):
        with migrated_clickhouse(kept / f"{size}", PORT_BASE) as (engine, client):
            _fill(client, size)
            for name, question in questions(client).items():
                taken = _taken(engine, question.ask, _ASKED)
                yield Result(f"8 {name}, {size:,} spans: p50", "ms", taken.p50)
                yield Result(f"8 {name}, {size:,} spans: p99", "ms", taken.p99)
                if size == spans:
                    yield from _held_to_bars(engine, name, question, taken, few[name])
                few[name] = taken


def _held_to_bars(
    engine: Measured, name: str, question: Question, taken: Taken, few: Taken
) -> Iterator[Result]:
    if question.ask(0) != question.scan(0):
        raise AssertionError(f"{name}: the scan gives another answer")
    scan = _taken(engine, question.scan, _SCANNED)
    yield Result(f"8 {name}: scan of the rows, median", "ms", scan.p50)
    yield Result(f"8 {name}: scan to p99", "times", scan.p50 / taken.p99, question.bar, at_least=True)
    yield Result(f"8 {name}: scan to question, CPU", "times", scan.cpu / taken.cpu)
    yield Result(f"8 {name}: all spans to a tenth, p99", "times", taken.p99 / few.p99, question.growth)


def _fill(client: Client, spans: int) -> None:
    """Nothing where the rows are there already."""
    if client.query("SELECT count() FROM trace_spans").result_rows[0][0]:
        return
    for first in range(0, spans, _SPANS_A_STEP):
        print(f"\r{first:,} of {spans:,} spans are stored", end="", file=sys.stderr)
        bounds = {"first": first, "until": min(first + _SPANS_A_STEP, spans), "spans": spans}
        client.command(_FILL, bounds)
    print(f"\r{spans:,} spans are stored, and are being merged", file=sys.stderr)
    client.command("OPTIMIZE TABLE trace_spans FINAL")


def _taken(engine: Measured, ask: Callable[[int], object], times: int) -> Taken:
    """Asked so many times, after a first one that is not counted."""
    ask(times)
    return timed(engine, ask, times)


if __name__ == "__main__":
    main()
