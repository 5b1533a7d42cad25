"""Erasure: gone from every view at once, from every store for good, and others are left alone."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from jobs.roll_up import roll_up
from privacy.retention.inventory import STORES
from privacy.rights import erasure
from privacy.rights.certificate import NOBODYS, copies, file_of, read
from privacy.rights.erasure import Step
from privacy.rights.links import link
from privacy.rights.subjects import hide
from privacy.rights.survivors import Survivors
from privacy.signatures import public_key_file, verify_document
from tests.conftest import Stack
from tests.privacy.rights.people import ADA, ALAN, GRACE, Desk, event, own_client, span

pytestmark = pytest.mark.long

ADAS_TRACE, OTHER_TRACE = uuid.uuid4().hex, uuid.uuid4().hex
MINE = [
    *(event(ADA, f"s{day}", days_ago=day) for day in range(3)),
    event(ADA, "shared", ADAS_TRACE.upper(), days_ago=2),
    event("", "s1", days_ago=1),  # before she was identified
    event("", "shared", days_ago=2),
]
OTHERS = [
    *(event(ALAN, "a", days_ago=day) for day in range(3)),
    event(ALAN, "shared", OTHER_TRACE, days_ago=2),
    event("", "nobody's", days_ago=1),
    event("", "", days_ago=1),
]
MY_SPANS = [span(ADA, "s9", ADAS_TRACE, days_ago=2), span("", "s1"), span("", "", ADAS_TRACE, days_ago=2)]
OTHER_SPANS = [span(ALAN, "a", OTHER_TRACE), span("", "", OTHER_TRACE), span("", "nobody's")]


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_client(stack) as client:
        yield client


@pytest.fixture
def desk(client: Client, tmp_path: Path) -> Desk:
    desk = Desk(client, tmp_path / "state")
    desk.store(MINE + OTHERS, MY_SPANS + OTHER_SPANS)
    desk.store(OTHERS, OTHER_SPANS, tenant=desk.twin)
    return desk


def is_as_if_she_never_was(desk: Desk) -> bool:
    return desk.said() == desk.said(desk.twin)


def ended_after(monkeypatch: pytest.MonkeyPatch, desk: Desk, step: Step) -> None:
    """Begin to erase Ada, and be killed there."""

    def stop(reached: Step) -> None:
        if reached is step:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(erasure, "hook", stop)
        desk.erase(desk.request(ADA))


@pytest.mark.parametrize("is_rolled_up", [False, True])
def test_everything_of_a_person_is_gone_and_nothing_else(desk: Desk, is_rolled_up: bool) -> None:
    assert not is_as_if_she_never_was(desk)
    if is_rolled_up:
        list(roll_up(desk.client))
    (file,) = desk.erase(desk.request(ADA))
    assert desk.stored() == desk.stored(desk.twin)
    assert is_as_if_she_never_was(desk)
    certificate = read(file)
    assert verify_document(certificate, public_key_file(desk.state).read_text())
    assert certificate["found"] == {"usage_events": len(MINE), "trace_spans": len(MY_SPANS)}
    assert set(certificate["left"].values()) == {0}
    assert {"topic sillage.usage", "topic sillage.dead"} <= {copy["where"] for copy in certificate["copies"]}
    assert desk.count("hidden") == 0
    list(roll_up(desk.client))
    assert is_as_if_she_never_was(desk)


def test_who_is_hidden_is_in_no_view_before_anything_is_deleted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(roll_up(desk.client))
    ended_after(monkeypatch, desk, Step.FOUND)
    assert desk.stored() == (len(MINE + OTHERS), len(MY_SPANS + OTHER_SPANS))
    assert is_as_if_she_never_was(desk)
    list(roll_up(desk.client))  # a roll that is made while she is hidden does not hold her
    assert is_as_if_she_never_was(desk)


@pytest.mark.parametrize("step", list(Step))
def test_a_run_that_ended_after_any_step_is_run_again_to_the_same_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    ended_after(monkeypatch, desk, step)
    request = desk.request(ADA)
    assert len(desk.ledger.requests()) == 1
    desk.erase(request)
    assert desk.stored() == desk.stored(desk.twin)
    assert read(file_of(desk.state, request.id))["found"]["usage_events"] == len(MINE)
    assert desk.count("hidden") == 0
    assert desk.ledger.chain.verify().broken_line is None
    assert not desk.ledger.request(request.id).is_open


def test_several_persons_share_one_mutation(desk: Desk) -> None:
    desk.store([event(GRACE, "g", days_ago=day) for day in range(3)])
    first, second = desk.request(ADA), desk.request(GRACE)
    desk.erase(first, second)
    assert desk.stored() == desk.stored(desk.twin)
    found = desk.client.query(
        "SELECT uniqExact(mutation_id) FROM system.mutations WHERE database = currentDatabase()"
        f" AND table = 'usage_events' AND command LIKE '%{second.id}%'"
    )
    assert found.result_rows == [(1,)]
    assert read(file_of(desk.state, second.id))["found"]["usage_events"] == 3


def test_all_generations_of_a_pseudonym_are_one_person(desk: Desk) -> None:
    former = "f" * 32
    desk.store([event(former, "old", days_ago=2), event("", "old", days_ago=2)])
    desk.erase(desk.request(ADA, former))
    assert is_as_if_she_never_was(desk)


def test_the_same_text_is_another_person_of_another_tenant(desk: Desk) -> None:
    desk.store([event(ADA, "s1", days_ago=1)], tenant=desk.twin)
    desk.erase(desk.request(ADA))
    assert desk.count("usage_events", f"user_id = '{ADA}'", desk.twin) == 1


def test_a_tenant_is_erased_whole(desk: Desk) -> None:
    list(roll_up(desk.client))
    (file,) = desk.erase(desk.request())
    assert desk.stored() == (0, 0)
    assert desk.count("rolled_sessions") == 0
    assert desk.stored(desk.twin) == (len(OTHERS), len(OTHER_SPANS))
    assert read(file)["found"]["usage_events"] == len(MINE + OTHERS)


@pytest.mark.parametrize("table", ["usage_events", "trace_spans", "rolled_sessions"])
def test_a_survivor_stops_the_certificate(desk: Desk, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """The control: what is planted behind the deletion's back is found by the recount."""

    def plant(step: Step) -> None:
        if step is Step.DELETED and table == "rolled_sessions":
            desk.client.command(
                "INSERT INTO rolled_sessions (day, roll, retention_days, tenant, user) SELECT today(), 1, 90,"
                f" '{desk.tenant}', reinterpretAsUInt128(reverse(unhex('{ADA}')))"
            )
        elif step is Step.DELETED:
            desk.store([event("", "s1")] if table == "usage_events" else [])
            desk.store([], [span("", "", ADAS_TRACE)] if table == "trace_spans" else [])

    request = desk.request(ADA)
    with monkeypatch.context() as patched, pytest.raises(Survivors, match=f"1 in {table}"):
        patched.setattr(erasure, "hook", plant)
        desk.erase(request)
    assert not file_of(desk.state, request.id).exists()
    assert desk.ledger.request(request.id).is_open
    assert desk.count("hidden") > 0
    if table != "rolled_sessions":  # no run makes such a row again
        desk.erase(desk.request(ADA))
        assert file_of(desk.state, request.id).exists()


def test_a_table_that_no_inventory_lists_stops_the_certificate(desk: Desk) -> None:
    desk.client.command("CREATE TABLE copied ENGINE = MergeTree ORDER BY () AS SELECT * FROM usage_events")
    request = desk.request(ADA)
    with pytest.raises(Survivors, match=r"1 in other tables.*drop them"):
        desk.erase(request)
    desk.client.command("DROP TABLE copied")
    (file,) = desk.erase(request)
    assert read(file)["left"]["other tables"] == 0


@pytest.mark.parametrize("backups_are_known", [False, True])
def test_each_store_of_the_inventory_is_counted_or_covered_or_holds_nobody(
    desk: Desk, backups_are_known: bool
) -> None:
    (file,) = desk.erase(desk.request(ADA))
    counted = {*read(file)["left"]} | ({"backups"} if backups_are_known else set())
    covered = {copy["where"] for copy in copies(datetime.now(UTC), backups_are_known, exports=1)}
    assert {store.name.removeprefix("table ") for store in STORES} == {*counted, *covered, *NOBODYS}
    assert not counted & covered
    assert not NOBODYS & (counted | covered)


def test_hiding_links_what_was_done_before_identification(desk: Desk) -> None:
    request = desk.request(ADA)
    hide(desk.client, [request])
    link(desk.client, [request])
    found = desk.client.query(f"SELECT subject FROM hidden WHERE request = '{request.id}'").result_rows
    traces = {trace.hex() for *_, trace, _, _ in MY_SPANS}
    assert {subject for (subject,) in found} == {ADA, "s0", "s1", "s2", "s9", "shared", ADAS_TRACE} | traces
