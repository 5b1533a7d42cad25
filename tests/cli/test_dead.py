"""`sillage dead` on the real stack: letters looked at, repaired, and sent again."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from cli.dead.graveyard import place_of
from consumers.letters import letters
from consumers.log_reader import LogReader
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from schemas.topics import DAY_MS
from schemas.usage import pack_received_at
from tests.client import awaited
from tests.conftest import Stack
from tests.ingest.batches import usage_record
from tests.pipeline import Pipeline


@pytest.fixture
def own(stack: Stack) -> Pipeline:
    """The stack's own consumer and database, under a tenant of the test's own."""
    client = connect(load(QuerySettings, stack.environ))
    return Pipeline(stack.environ, "sillage", client, tenant=f"t{uuid.uuid4().hex[:10]}")


def listed(own: Pipeline, *arguments: str) -> list[dict[str, Any]]:
    done = own.sillage("dead", "list", "--json", "--limit", "10000", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def letter(own: Pipeline, place: str) -> dict[str, Any]:
    """The letter of that record, once there is one."""
    reader = LogReader(own.kafka)
    try:
        awaited(lambda: place in map(place_of, letters(reader)))
    finally:
        reader.close()
    return next(one for one in listed(own) if one["coordinates"] == place)


def now() -> int:
    return time.time_ns() // 1_000_000


def rows(own: Pipeline) -> list[tuple[str, int]]:
    """Event and arrival of what is stored of the test's tenant."""
    columns = "toString(event_id), toUnixTimestamp64Milli(received_at)"
    sql = f"SELECT {columns} FROM usage WHERE tenant = {{tenant:String}}"
    return sorted((row[0], row[1]) for row in own.client.query(sql, {"tenant": own.tenant}).result_rows)


def headers(own: Pipeline, stamp: int) -> Any:
    return [("tenant", own.tenant.encode()), ("received_at", pack_received_at(stamp))]


def test_a_letter_is_listed_with_what_an_operator_asks(own: Pipeline) -> None:
    came = now() - 60_000
    place, _ = own.produce(value=b"no batch", headers=headers(own, came))
    found = letter(own, place)
    assert found["reason"] == "unframed"
    assert (found["tenant"], found["bytes"], found["replayed_to"]) == (own.tenant, 8, None)
    assert found["received_at"] < found["died_at"]
    assert [one["coordinates"] for one in listed(own, "--tenant", own.tenant)] == [place]
    assert listed(own, "--tenant", own.tenant, "--reason", "truncated") == []
    shown = own.sillage("dead", "list", "--tenant", own.tenant).stdout
    assert place in shown and "unframed" in shown
    assert own.sillage("dead", "list", "--tenant", "nobody").stdout == "No dead letters.\n"


def test_the_newest_letters_come_first(own: Pipeline) -> None:
    places = [own.produce(value=b"no batch")[0] for _ in range(3)]
    letter(own, places[-1])
    done = own.sillage("dead", "list", "--json", "--tenant", own.tenant, "--limit", "2")
    assert [one["coordinates"] for one in json.loads(done.stdout)] == [places[2], places[1]]


def test_a_letter_is_shown_whole(own: Pipeline, tmp_path: Path) -> None:
    value, ids = usage_record(1)
    place, _ = own.produce(value=value, headers=[("tenant", own.tenant.encode()), ("other", b"\0\1")])
    letter(own, place)
    raw = tmp_path / "value"
    shown = own.sillage("dead", "show", place, "--raw", str(raw)).stdout
    for expected in (
        place, "header_missing", own.tenant, "00 01", "00000000  c3 01", '"events"', ids[0].replace("-", ""),
    ):  # fmt: skip
        assert expected in shown
    assert raw.read_bytes() == value


def test_a_letter_that_is_no_batch_is_shown_as_far_as_it_can_be_read(own: Pipeline) -> None:
    place, _ = own.produce(value=usage_record(0)[0][:10] + b"\0\0" + b"\xff" * 300)
    letter(own, place)
    shown = own.sillage("dead", "show", place).stdout
    assert "and 56 bytes more" in shown
    assert "It cannot be decoded: " in shown


def test_coordinates_without_a_letter_are_told_in_one_sentence(own: Pipeline) -> None:
    for arguments in (("show", "sillage.usage/0/999999"), ("replay", "sillage.usage/0/999999")):
        done = own.sillage("dead", *arguments)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert "There is no dead letter sillage.usage/0/999999." in done.stderr


def test_a_repaired_letter_is_stored_with_its_first_arrival(own: Pipeline, tmp_path: Path) -> None:
    value, ids = usage_record(2)
    came = now() - 3_600_000
    place, _ = own.produce(value=value[:40], headers=headers(own, came))
    letter(own, place)
    refused = own.sillage("dead", "replay", place)
    assert (refused.returncode, "is no whole batch" in refused.stderr) == (1, True)

    repaired = tmp_path / "value"
    repaired.write_bytes(value)
    done = own.sillage("dead", "replay", place, "--value", str(repaired))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{place} is sent again as sillage.usage/" in done.stdout
    assert awaited(lambda: rows(own)) == sorted((one, came) for one in ids)
    found = letter(own, place)
    assert found["replayed_to"] in done.stdout
    assert found["replayed_at"] > found["died_at"]


def test_what_was_sent_again_is_not_sent_a_third_time_by_accident(own: Pipeline) -> None:
    value, ids = usage_record(1)
    place, _ = own.produce(value=value, headers=[("received_at", pack_received_at(now()))])
    letter(own, place)
    assert own.sillage("dead", "replay", place, "--tenant", own.tenant).returncode == 0
    awaited(lambda: rows(own))
    again = own.sillage("dead", "replay", place, "--tenant", own.tenant)
    assert (again.returncode, "--again" in again.stderr) == (1, True)
    assert [one for one, _ in rows(own)] == ids


def test_a_replay_that_is_sent_twice_is_stored_once(own: Pipeline) -> None:
    value, ids = usage_record(1)
    place, _ = own.produce(value=value, headers=[("received_at", pack_received_at(now()))])
    letter(own, place)
    for arguments in ([], ["--again"]):
        assert own.sillage("dead", "replay", place, "--tenant", own.tenant, *arguments).returncode == 0
    behind, behind_ids = own.produce(events=1)
    awaited(lambda: set(behind_ids) <= {one for one, _ in rows(own)})
    assert sorted(one for one, _ in rows(own)) == sorted(ids + behind_ids), behind


def test_a_letter_without_a_stamp_takes_the_time_at_which_kafka_had_it(own: Pipeline) -> None:
    place, ids = own.produce(events=1, headers=[("tenant", own.tenant.encode())])
    until = now()
    letter(own, place)
    time.sleep(1)
    assert own.sillage("dead", "replay", place).returncode == 0
    ((event_id, received_at),) = awaited(lambda: rows(own))
    assert (event_id, until - 5_000 <= received_at <= until) == (ids[0], True)


def test_a_stamp_in_the_future_does_not_lengthen_the_retention(own: Pipeline) -> None:
    place, _ = own.produce(events=1, headers=headers(own, now() + 30 * DAY_MS))
    until = now()
    assert letter(own, place)["reason"] == "stamp_implausible"
    assert own.sillage("dead", "replay", place).returncode == 0
    ((_, received_at),) = awaited(lambda: rows(own))
    assert until - 5_000 <= received_at <= until


def test_what_must_be_forgotten_or_would_die_again_is_not_sent(own: Pipeline) -> None:
    value, _ = usage_record(1, retention_days=30)
    old = own.produce(value=value, headers=headers(own, now() - 15 * DAY_MS))[0]
    short, _ = usage_record(1, retention_days=7)
    expired = own.produce(value=short, headers=headers(own, now() - 15 * DAY_MS))[0]
    nobody = own.produce(events=1, headers=[("received_at", pack_received_at(now()))])[0]
    letter(own, nobody)
    done = own.sillage("dead", "replay", old, expired, nobody)
    assert done.returncode == 1
    assert f"{old} is not sent: It arrived longer ago than anything may wait" in done.stderr
    assert f"{expired} is not sent: Its tenant's retention has passed" in done.stderr
    assert f"{nobody} is not sent: It does not say whose it is" in done.stderr
    assert "Sent again: 0 of 3." in done.stdout


def test_a_letter_never_changes_its_tenant(own: Pipeline) -> None:
    place, _ = own.produce(value=b"no batch")
    letter(own, place)
    done = own.sillage("dead", "replay", place, "--tenant", "other")
    assert (done.returncode, "--tenant must not change" in done.stderr) == (1, True)


def test_all_of_one_reason_are_sent_that_were_not_sent_before(own: Pipeline) -> None:
    stamp = [("received_at", pack_received_at(now()))]
    places = [own.produce(events=1, headers=stamp)[0] for _ in range(3)]
    letter(own, places[-1])
    assert own.sillage("dead", "replay", places[0], "--tenant", own.tenant).returncode == 0
    done = own.sillage("dead", "replay", "--all", "--reason", "header_missing", "--tenant", own.tenant)
    assert f"{places[0]} is sent" not in done.stdout
    for place in places[1:]:
        assert f"{place} is sent again as" in done.stdout
    assert awaited(lambda: len(rows(own)) >= 3)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("sillage.usage/0/1", "--all"),
        ("sillage.usage/0/1", "--reason", "unframed"),
        ("--all", "--value", "file"),
        ("sillage.usage/0/1", "sillage.usage/0/2", "--value", "file"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(own: Pipeline, arguments: tuple[str, ...]) -> None:
    assert own.sillage("dead", "replay", *arguments).returncode == 2
