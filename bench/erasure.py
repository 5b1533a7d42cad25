"""`python -m bench.erasure [ROWS] [DIRECTORY]`: what an erasure takes while events go on arriving.

The rows of bench/usage_table.sql, rolled up, over 90 days; then, at 10,000 events a second into the landing
table, one person of some twenty days is erased, one of as many days as there is, then of both kinds one, and
ten at once. There are no spans. A DIRECTORY is kept, and filled once; each run erases other persons of it.
"""

import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from clickhouse_connect.driver.client import Client

from bench.processes import Measured, migrated_clickhouse
from bench.result import Result, publish
from bench.usage_days import FILL, fill
from bench.usage_queries import PORT_BASE
from bench.usage_rolling import roll_and_merge
from privacy.rights import erasure
from privacy.rights.erasure import Erasure, Step
from privacy.rights.ledger import Ledger
from privacy.rights.requests import Right, Whose

ROWS = 100_000_000
LATEST = Path(__file__).with_name("latest-erasure.json")
TENANT = "tenant-003"
_BATCHES_A_SECOND = 834
"""Of 12 events on average."""
_LIVE = (
    FILL.replace("FROM numbers({batches:UInt32})", "FROM numbers({offset:UInt64}, {batches:UInt32})")
    .replace("concat('tenant-'", "concat('live-'")
    .replace("{offset:UInt64} + number", "number")
)
_PERSONS = """
    SELECT user_id FROM
    (
        SELECT user_id, uniqExact(toDate(received_at, 'UTC')) AS days FROM usage_events
        WHERE tenant = {tenant:String} AND user_id != ''
        GROUP BY user_id
    )
    ORDER BY abs(toInt32(days) - {days:Int32}), user_id LIMIT {count:UInt8}
"""
_DAYS = """
    SELECT uniqExact(toDate(received_at, 'UTC')) FROM usage_events
    WHERE tenant = {tenant:String} AND user_id = {user:String}
"""


def main() -> None:
    """Fill, roll up, erase; exit 1 when a bar falls short."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory(prefix="sillage-bench-") as temporary:
        kept = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary)
        sys.exit(not publish(list(_measure(kept, rows)), LATEST))


def _measure(kept: Path, rows: int) -> Iterator[Result]:
    with migrated_clickhouse(kept / f"{rows}", PORT_BASE) as (engine, client):
        fill(client, rows)
        roll_and_merge(client)
        (stored,) = client.query("SELECT count() FROM usage_events").result_rows[0]
        with _arriving(client) as arrived:
            yield from _of_one(client, engine, kept, stored, 20, 60)
            yield from _of_one(client, engine, kept, stored, 90, 180)
            for days in (20, 90):
                yield from _of_ten(client, kept, stored, days)
        sent = arrived[0]
        found = "SELECT uniqExact(kafka_offset) FROM usage_events WHERE startsWith(tenant, 'live-')"
        (kept_batches,) = client.query(found).result_rows[0]
        yield Result(
            f"10 {stored:,} rows: batches that arrived meanwhile and are lost", "", sent - kept_batches, 0
        )


def _of_one(
    client: Client, engine: Measured, kept: Path, stored: int, days: int, bar: float
) -> Iterator[Result]:
    (person,) = _persons(client, days, 1)
    (present,) = client.query(_DAYS, {"tenant": TENANT, "user": person}).result_rows[0]
    began = engine.cpu_seconds()
    hidden, whole = _erase(client, kept, [person])
    what = f"10 {stored:,} rows, a person of {present} days"
    yield Result(f"{what}: in no view", "s", hidden, 2)
    yield Result(f"{what}: certificate", "s", whole, bar)
    yield Result(f"{what}: the engine's CPU, with what arrives", "s", engine.cpu_seconds() - began)


def _of_ten(client: Client, kept: Path, stored: int, days: int) -> Iterator[Result]:
    (one,) = _persons(client, days, 1)
    _, alone = _erase(client, kept, [one])
    hidden, together = _erase(client, kept, _persons(client, days, 10))
    what = f"10 {stored:,} rows, ten persons of {days} days at once"
    yield Result(f"{what}: in no view", "s", hidden, 2)
    yield Result(f"{what}: certificates", "s", together)
    yield Result(f"{what}, to one of them", "times", together / alone, 2)


def _persons(client: Client, days: int, count: int) -> list[str]:
    """Persons who were there on about so many days."""
    rows = client.query(_PERSONS, {"tenant": TENANT, "days": days, "count": count}).result_rows
    return [user for (user,) in rows]


def _erase(client: Client, kept: Path, persons: Sequence[str]) -> tuple[float, float]:
    """Seconds until they are in no view, and until the certificates are there."""
    state = kept / "state"
    ledger = Ledger(state)
    reached: dict[Step, float] = {}

    def note(step: Step) -> None:
        reached[step] = time.perf_counter()

    erasure.hook = note
    began = time.perf_counter()
    requests = [ledger.open(Right.ERASURE, Whose(TENANT, (person,)), "bench") for person in persons]
    Erasure(client, ledger, state, "bench", requests).run()
    return reached[Step.FOUND] - began, reached[Step.CERTIFIED] - began


@contextlib.contextmanager
def _arriving(client: Client) -> Iterator[list[int]]:
    """Let events arrive until the block ends; gives how many batches did."""
    stopped, sent, day = threading.Event(), [0], datetime.now(UTC).date()

    def send() -> None:
        due = time.monotonic()
        while not stopped.wait(max(0.0, due - time.monotonic())):
            parameters = {"day": day, "batches": _BATCHES_A_SECOND, "offset": (1 << 31) + sent[0]}
            client.command(_LIVE, parameters)
            sent[0] += _BATCHES_A_SECOND
            due += 1.0

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield sent
    finally:
        stopped.set()
        sender.join()


if __name__ == "__main__":
    main()
