"""`python -m bench.usage_queries [ROWS] [DIRECTORY]`: row 9, questions about usage, each beside the raw rows.

A hundredth, a tenth and all of the rows of bench/usage_table.sql go through the landing table, are rolled up,
and are asked about as `sillage usage` asks. The same answer from the raw rows is had by a filter that holds
of each event and that no roll can answer. Of each question the wall time is told, and the engine's CPU time,
on which other work on the machine has less influence. A DIRECTORY is kept, and filled once.
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client

from bench.asking import Taken, timed
from bench.processes import Measured, migrated_clickhouse
from bench.result import Result, publish
from bench.usage_days import fill
from bench.usage_questions import QUESTIONS
from bench.usage_rolling import roll_and_merge, rolling
from privacy.retention.tables import ROLLS
from queries.usage.closed import ask
from queries.usage.statement import Statement

ROWS = 100_000_000
PORT_BASE = 8_440
LATEST = Path(__file__).with_name("latest-usage-queries.json")
_ASKED, _OF_ALL_ASKED, _RAW_ASKED = 100, 25, 3


@dataclass(frozen=True)
class Answered(Taken):
    """What a question took, and the bytes that it read."""

    read: int


def main() -> None:
    """Fill, roll up, ask, at each size; exit 1 when a bar falls short."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory(prefix="sillage-bench-") as temporary:
        kept = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary)
        results = [*rolling(Path(temporary) / "week", rows), *_measure(kept, rows)]
        sys.exit(not publish(results, LATEST))


def _measure(kept: Path, rows: int) -> Iterator[Result]:
    few: dict[str, Answered] = {}
    for size in (rows // 100, rows // 10, rows):
        with migrated_clickhouse(kept / f"{size}", PORT_BASE) as (engine, client):
            fill(client, size)
            roll_and_merge(client)
            yield from _stored(client, 1.5 if size == rows else None)
            for question in QUESTIONS.values():  # an engine that was just started has its slowest answers
                statement = question.ask()
                ask(client, statement.sql, statement.parameters)
            answers = {
                name: _asked(client, engine, question.ask(), _ASKED if question.bar else _OF_ALL_ASKED)
                for name, question in QUESTIONS.items()
            }
            few = few or answers
            for name, taken in answers.items():
                yield from _of_question(name, taken, size)
                if size == rows:
                    yield from _held_to_bars(client, engine, name, taken, few[name])


def _of_question(name: str, taken: Answered, size: int) -> Iterator[Result]:
    yield Result(f"9 {name}, {size:,} rows: p50", "ms", taken.p50)
    yield Result(f"9 {name}, {size:,} rows: p99", "ms", taken.p99)
    yield Result(f"9 {name}, {size:,} rows: read", "MB", taken.read / 1e6)


def _held_to_bars(client: Client, engine: Measured, name: str, taken: Taken, few: Taken) -> Iterator[Result]:
    question = QUESTIONS[name]
    yield Result(f"9 {name}: p99 to target, {question.target:.0f} ms", "times", taken.p99 / question.target)
    yield Result(f"9 {name}: all rows to a hundredth, p99", "times", taken.p99 / few.p99, question.growth)
    if question.bar is None:
        return  # of all tenants: minutes from the raw rows
    raw = _asked(client, engine, question.ask_raw(), _RAW_ASKED)
    yield Result(f"9 {name}: raw rows, median", "ms", raw.p50)
    yield Result(f"9 {name}: raw to p99", "times", raw.p50 / taken.p99, question.bar, at_least=True)
    yield Result(f"9 {name}: raw to rolled, CPU", "times", raw.cpu / taken.cpu)


def _stored(client: Client, bar: float | None) -> Iterator[Result]:
    parts = client.query(
        "SELECT table, sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()"
        " GROUP BY table"
    ).result_rows
    stored = {table: int(size) for table, size in parts}
    (bare,) = client.query(
        "SELECT sum(bytes_on_disk) FROM system.projection_parts"
        " WHERE active AND database = currentDatabase() AND table = 'usage_events'"
    ).result_rows[0]
    (count,) = client.query("SELECT count() FROM usage_events").result_rows[0]
    extra = bare + sum(stored[table] for table in ROLLS)
    yield Result(f"9 {count:,} rows: bytes a row", "bytes", stored["usage_events"] / count)
    share = (stored["usage_events"] - bare + extra) / (stored["usage_events"] - bare)
    yield Result(f"9 {count:,} rows: storage with rolls and projections", "times", share, bar)


def _asked(client: Client, engine: Measured, statement: Statement, times: int) -> Answered:
    print(".", end="", flush=True, file=sys.stderr)
    read = int(ask(client, statement.sql, statement.parameters).summary["read_bytes"])
    taken = timed(engine, lambda _: ask(client, statement.sql, statement.parameters), times)
    return Answered(taken.p50, taken.p99, taken.cpu, read)


if __name__ == "__main__":
    main()
