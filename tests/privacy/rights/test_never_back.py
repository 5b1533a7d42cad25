"""Who was erased does not come back, whatever brings old records again; who is lifted does, from then on."""

import asyncio
import contextlib
import shutil
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.outlet import Outlet
from ingest.spooling.directory import SpoolDirectory
from privacy import backups
from privacy.rights.again import erase_again
from privacy.rights.ledger import Ledger
from privacy.rights.requests import Right, Whose
from privacy.rights.subjects import lift
from runtime.settings import CollectorSettings
from tests.client import awaited
from tests.conftest import Stack
from tests.pipeline import Pipeline, lag, own_pipeline
from tests.privacy.rights.people import ADA, ALAN, Desk
from tests.privacy.rights.records import Batch

pytestmark = pytest.mark.long

SESSION = "before-she-was-known"


@pytest.fixture(scope="module")
def pipeline(stack: Stack) -> Iterator[Pipeline]:
    with own_pipeline(stack) as pipeline:
        yield pipeline


@pytest.fixture
def desk(pipeline: Pipeline, tmp_path: Path) -> Desk:
    """A tenant in which Ada and Alan were seen, and Ada's erasure is done."""
    desk = Desk(pipeline.client, tmp_path / "state")
    pipeline.tenant = desk.tenant
    return desk


def batch(desk: Desk, age_ms: int = 0) -> Batch:
    visits = [("", SESSION), (ADA, SESSION), (ALAN, "his"), ("", "nobody's")]
    return Batch(desk.tenant, visits, time.time_ns() // 1_000_000 - age_ms)


def rows(desk: Desk) -> list[tuple[str, str]]:
    sql = "SELECT user_id, session_id FROM usage_events WHERE tenant = {tenant:String} ORDER BY ALL"
    return [tuple(row) for row in desk.client.query(sql, {"tenant": desk.tenant}).result_rows]


OTHERS = [("", "nobody's"), (ALAN, "his")]


def erase_ada(desk: Desk) -> None:
    desk.erase(desk.request(ADA))
    assert rows(desk) == OTHERS


def test_neither_a_retry_nor_a_late_batch_nor_all_of_kafka_again(pipeline: Pipeline, desk: Desk) -> None:
    first = batch(desk)
    first.send(pipeline)
    pipeline.consume_all()
    assert len(rows(desk)) == 4
    erase_ada(desk)
    first.send(pipeline)
    batch(desk, age_ms=3_600_000).send(pipeline)
    pipeline.consume_all()
    assert rows(desk) == sorted([*OTHERS, *OTHERS])
    desk.client.command("TRUNCATE TABLE usage_events")
    pipeline.environ["SILLAGE_CONSUMER_GROUP"] = pipeline.group = f"test.{uuid.uuid4().hex}"
    pipeline.consume_all()
    assert rows(desk) == sorted([*OTHERS, *OTHERS])


def test_no_dead_letter_that_is_sent_again(pipeline: Pipeline, desk: Desk) -> None:
    known, buried = batch(desk), batch(desk)
    known.send(pipeline)
    place = buried.send(pipeline, headers=buried.headers[1:])
    pipeline.consume_all()
    erase_ada(desk)
    # The letter may take a moment to be readable.
    awaited(lambda: "1 was sent" in pipeline.sillage("dead", "replay", place, "--tenant", desk.tenant).stdout
            or _is_replayed(pipeline, place))  # fmt: skip
    pipeline.consume_all()
    assert rows(desk) == sorted([*OTHERS, *OTHERS])


def _is_replayed(pipeline: Pipeline, place: str) -> bool:
    return "replayed_at" in pipeline.sillage("dead", "show", place).stdout


def test_no_spool_that_is_drained(pipeline: Pipeline, desk: Desk, tmp_path: Path) -> None:
    batch(desk).send(pipeline)
    pipeline.consume_all()
    store = SpoolDirectory(tmp_path / "spool").open(1 << 24)
    store.append([batch(desk, age_ms=60_000).record])
    erase_ada(desk)

    async def drain() -> None:
        settings = CollectorSettings(
            kafka_bootstrap_servers=pipeline.brokers, tenants_file=Path(), pseudonym_keys_file=Path(),
            spool_dir=tmp_path / "spool",
        )  # fmt: skip
        outlet = Outlet(settings)
        async with asyncio.timeout(30):
            while store.totals().records:  # noqa: ASYNC110  another connection, and nobody tells it
                await asyncio.sleep(0.05)
        await outlet.close(3.0)

    asyncio.run(drain())
    store.close()
    pipeline.consume_all()
    assert rows(desk) == sorted([*OTHERS, *OTHERS])


def test_no_backup_that_is_restored(pipeline: Pipeline, desk: Desk, stack: Stack, tmp_path: Path) -> None:
    directory = Path(stack.environ["SILLAGE_BACKUP_DIR"])
    batch(desk).send(pipeline)
    pipeline.consume_all()
    list(backups.back_up(desk.client, directory))
    own = directory / str(desk.client.database)
    shutil.copytree(own, tmp_path / "elsewhere")
    desk.erase(desk.request(ADA), backup_dir=directory)
    assert not list(own.glob("usage_events/*/*.tar"))  # where it is known, it is gone
    shutil.copytree(tmp_path / "elsewhere", own, dirs_exist_ok=True)
    for table in ("usage_events", "suppressions", "hidden"):
        desk.client.command(f"TRUNCATE TABLE {table}")  # the database is lost
    list(backups.restore(desk.client, directory, str(desk.client.database), datetime.now(UTC)))
    assert (ADA, SESSION) in rows(desk)
    restriction = desk.request(ALAN, right=Right.RESTRICTION)
    desk.ledger.write("done", restriction.id, "grace")
    assert erase_again(desk.client, desk.ledger) == 2
    assert rows(desk) == OTHERS
    assert desk.count("usage", f"user_id = '{ALAN}'") == 0  # who is restricted is hidden again
    batch(desk, age_ms=1_000).send(pipeline)
    pipeline.consume_all()
    assert rows(desk) == sorted([*OTHERS, *OTHERS])


def test_who_consents_anew_is_seen_from_then_on(pipeline: Pipeline, desk: Desk) -> None:
    old = batch(desk)
    old.send(pipeline)
    pipeline.consume_all()
    erase_ada(desk)
    whose = Whose(desk.tenant, (ADA,))
    request = desk.ledger.open(Right.LIFTING, whose, "grace")
    lift(desk.client, whose)
    desk.ledger.write("done", request.id, "grace")
    Batch(desk.tenant, [(ADA, "her new one")], time.time_ns() // 1_000_000 + 5).send(pipeline)
    batch(desk, age_ms=60_000).send(pipeline)
    pipeline.consume_all()
    assert rows(desk) == sorted([*OTHERS, *OTHERS, (ADA, "her new one")])
    erase_again(desk.client, desk.ledger)
    assert rows(desk) == sorted([*OTHERS, *OTHERS, (ADA, "her new one")])


def test_an_erased_tenant_stays_out_and_the_lag_is_none(pipeline: Pipeline, desk: Desk) -> None:
    batch(desk).send(pipeline)
    pipeline.consume_all()
    desk.erase(desk.request())
    batch(desk).send(pipeline)
    pipeline.consume_all()
    assert rows(desk) == []
    assert lag(pipeline.environ, pipeline.group) == 0
    with contextlib.suppress(FileNotFoundError):
        assert Ledger(desk.state).chain.verify().broken_line is None
