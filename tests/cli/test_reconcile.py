"""`sillage reconcile` on the real stack, where something was really lost, doubled or moved."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from schemas.topics import USAGE
from tests.cli.checks.asking import free_port
from tests.client import event, post
from tests.conftest import Stack
from tests.ingest.batches import usage_record
from tests.pipeline import Pipeline, forget_records, own_pipeline


@pytest.fixture
def pipeline(stack: Stack) -> Iterator[Pipeline]:
    with own_pipeline(stack) as own:
        yield own


def reconciled(pipeline: Pipeline, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = pipeline.sillage("reconcile", "--json", *arguments)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def account(found: dict[str, Any], tenant: str) -> dict[str, Any]:
    return next(one for one in found["accounts"] if one["tenant"] == tenant)


def counted(found: dict[str, Any], tenant: str) -> dict[str, tuple[int, int]]:
    """The fates that are not nothing: records and events."""
    numbers = account(found, tenant)
    tallies = {
        name: (one["records"], one["events"]) for name, one in numbers.items() if isinstance(one, dict)
    }
    return {name: tally for name, tally in tallies.items() if tally != (0, 0)}


def differences(found: dict[str, Any]) -> dict[str, tuple[int, list[str]]]:
    return {
        kind: (one["count"], one["examples"]) for kind, one in found["differences"].items() if one["count"]
    }


def test_what_is_stored_and_what_is_dead_is_accounted_for(pipeline: Pipeline) -> None:
    pipeline.produce(events=3)
    pipeline.produce(events=2)
    pipeline.produce(value=b"no batch")
    pipeline.produce(events=0)
    pipeline.consume_all()
    code, found = reconciled(pipeline)
    assert (code, found["ok"], differences(found), found["waiting"]) == (0, True, {}, 0), pipeline.said
    assert counted(found, pipeline.tenant) == {
        "accepted": (4, 5), "stored": (2, 5), "dead": (1, 0), "empty": (1, 0),
    }  # fmt: skip


def test_what_the_consumers_have_not_come_to_waits_and_is_no_difference(pipeline: Pipeline) -> None:
    pipeline.consume_all()
    pipeline.produce()
    code, found = reconciled(pipeline)
    assert (code, found["waiting"]) == (0, 1)
    assert pipeline.tenant not in {one["tenant"] for one in found["accounts"]}


def test_a_record_of_who_was_erased_is_suppressed(pipeline: Pipeline) -> None:
    pipeline.client.command(
        "INSERT INTO suppressions (tenant, subject, until, keep_until) VALUES"
        f" ('{pipeline.tenant}', 's', '2299-01-01', '2100-01-01')"
    )
    pipeline.produce(events=3)
    pipeline.consume_all()
    code, found = reconciled(pipeline)
    assert (code, differences(found)) == (0, {})
    assert counted(found, pipeline.tenant) == {"accepted": (1, 3), "suppressed": (1, 3)}


def test_a_clients_retry_is_a_duplicate(pipeline: Pipeline) -> None:
    value, _ = usage_record(events=2)
    for _ in range(2):
        pipeline.produce(value=value)
    pipeline.consume_all()
    code, found = reconciled(pipeline)
    assert (code, differences(found)) == (0, {})
    assert counted(found, pipeline.tenant) == {"accepted": (2, 4), "stored": (1, 2), "duplicate": (1, 2)}


def test_a_lost_record_is_missing_and_a_repair_restores_exactly_it(pipeline: Pipeline) -> None:
    kept, ids = zip(*(pipeline.produce(events=2) for _ in range(5)), strict=True)
    pipeline.consume_all()
    before = pipeline.stored_ids()
    pipeline.delete(kept[1])
    pipeline.delete(kept[3])
    code, found = reconciled(pipeline)
    assert code == 1
    assert counted(found, pipeline.tenant) == {"accepted": (5, 10), "stored": (3, 6), "missing": (2, 4)}
    assert differences(found) == {"missing": (2, sorted([kept[1], kept[3]]))}

    done = pipeline.sillage("reconcile", "--repair")
    assert "The consumers will read again from" in done.stderr
    pipeline.consume_all()
    assert pipeline.stored_ids() == before == sorted(one for some in ids for one in some)
    code, found = reconciled(pipeline)
    assert (code, differences(found)) == (0, {})


def test_a_repair_while_consumers_run_changes_nothing_and_says_what_to_do(pipeline: Pipeline) -> None:
    place, _ = pipeline.produce()
    pipeline.consume_all()
    pipeline.delete(place)
    before = pipeline.positions()
    member = Consumer({"bootstrap.servers": pipeline.brokers, "group.id": pipeline.group})
    member.subscribe([USAGE.name])
    try:
        while not member.assignment():
            member.poll(0.2)
        done = pipeline.sillage("reconcile", "--repair")
    finally:
        member.close()
    assert done.returncode == 1
    assert "Error: Nothing is changed: group" in done.stderr
    assert "Stop every `sillage consumer`" in done.stderr
    assert pipeline.positions() == before


def test_without_a_loss_a_repair_moves_no_offset(pipeline: Pipeline) -> None:
    pipeline.produce()
    pipeline.consume_all()
    before = pipeline.positions()
    done = pipeline.sillage("reconcile", "--repair")
    assert (done.returncode, "no offset is changed" in done.stderr) == (0, True)
    assert pipeline.positions() == before


def test_rows_that_are_there_twice_are_doubled(pipeline: Pipeline) -> None:
    place, _ = pipeline.produce(events=3)
    pipeline.consume_all()
    pipeline.client.command(
        "INSERT INTO usage_events SELECT * FROM usage_events WHERE tenant = {tenant:String}",
        {"tenant": pipeline.tenant},
    )
    code, found = reconciled(pipeline)
    assert (code, differences(found)) == (1, {"doubled": (1, [place])})
    assert counted(found, pipeline.tenant) == {"accepted": (1, 3), "stored": (1, 3)}


def test_equal_event_ids_that_a_client_made_are_not_doubled(stack: Stack, pipeline: Pipeline) -> None:
    sent = event()
    assert post(stack, [sent, sent])[0] == 202
    pipeline.consume_all()
    code, found = reconciled(pipeline)
    assert (code, differences(found)) == (0, {})


def test_a_retry_that_was_stored_is_doubled(pipeline: Pipeline) -> None:
    first, _ = pipeline.produce(events=1)
    pipeline.consume_all()
    partition, offset = (int(part) for part in first.split("/")[1:])
    pipeline.client.command(
        "INSERT INTO usage_events SELECT * REPLACE (kafka_offset + 1 AS kafka_offset) FROM usage_events"
        " WHERE tenant = {tenant:String}",
        {"tenant": pipeline.tenant},
    )
    code, found = reconciled(pipeline)
    assert (code, found["differences"]["doubled"]["examples"]) == (
        1,
        [f"{USAGE.name}/{partition}/{offset + 1}"],
    )


def commit(pipeline: Pipeline, partition: int, offset: int) -> None:
    consumer = Consumer({"bootstrap.servers": pipeline.brokers, "group.id": pipeline.group})
    consumer.commit(offsets=[TopicPartition(USAGE.name, partition, offset)], asynchronous=False)
    consumer.close()


def test_an_offset_beyond_the_end_is_ahead_and_a_repair_sets_it_back(pipeline: Pipeline) -> None:
    pipeline.produce()
    pipeline.consume_all()
    at = pipeline.positions()[0]
    commit(pipeline, 0, at.end + 100)
    code, found = reconciled(pipeline, "--repair")
    assert (code, differences(found)) == (1, {"ahead": (1, [f"{USAGE.name}/0/{at.end}"])})
    assert pipeline.positions()[0].committed == at.first


def test_rows_beyond_the_end_are_ahead(pipeline: Pipeline) -> None:
    pipeline.produce()
    pipeline.consume_all()
    pipeline.client.command(
        "INSERT INTO usage_events"
        " SELECT * REPLACE (1000000000 AS kafka_offset, randomFixedString(16) AS batch_id) FROM usage_events"
        " WHERE tenant = {tenant:String}",
        {"tenant": pipeline.tenant},
    )
    code, found = reconciled(pipeline)
    assert (code, list(differences(found))) == (1, ["ahead"])


def test_the_metric_is_written_for_every_kind_whole(pipeline: Pipeline, tmp_path: Path) -> None:
    place, _ = pipeline.produce()
    pipeline.consume_all()
    pipeline.delete(place)
    file = tmp_path / "sillage.prom"
    reconciled(pipeline, "--metrics-file", str(file))
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert sorted(lines) == [
        f'sillage_reconcile_difference{{kind="{kind}",topic="{USAGE.name}"}} {float(kind == "missing")}'
        for kind in ("ahead", "doubled", "missing", "unread_expired")
    ]


def test_the_screen_is_for_people(pipeline: Pipeline) -> None:
    place, _ = pipeline.produce(events=2)
    pipeline.consume_all()
    assert "Everything that was accepted is accounted for." in pipeline.sillage("reconcile").stdout
    pipeline.delete(place)
    shown = pipeline.sillage("reconcile").stdout
    for expected in (pipeline.tenant, "accepted", "suppressed", "not stored: 1.", "--repair", place):
        assert expected in shown


def test_what_left_kafka_unread_is_told(pipeline: Pipeline) -> None:
    pipeline.produce()
    pipeline.consume_all()
    places = [pipeline.produce()[0] for _ in range(3)]
    forget_records(pipeline.environ)
    code, found = reconciled(pipeline)
    assert (code, differences(found)) == (1, {"unread_expired": (3, places[:1])})


def test_what_left_kafka_after_it_was_stored_is_no_difference(pipeline: Pipeline) -> None:
    place, _ = pipeline.produce()
    pipeline.consume_all()
    commit(pipeline, int(place.split("/")[1]), int(place.split("/")[2]))
    forget_records(pipeline.environ)
    assert reconciled(pipeline)[0] == 0


def test_a_transactions_markers_are_no_records(pipeline: Pipeline) -> None:
    for ending in ("commit", "abort", "commit"):
        pipeline.produce_in_transaction(ending)
    pipeline.produce(events=1)  # a group's offset never passes a marker at the end
    pipeline.consume_all()
    code, found = reconciled(pipeline)
    assert (code, differences(found), found["without_record"]) == (0, {}, 4)
    assert counted(found, pipeline.tenant) == {"accepted": (3, 3), "stored": (3, 3)}


def test_what_has_expired_need_not_be_stored(pipeline: Pipeline) -> None:
    place, _ = pipeline.produce(age_days=8, retention_days=7)
    pipeline.consume_all()
    pipeline.client.command("OPTIMIZE TABLE usage_events FINAL")
    pipeline.delete(place)
    code, found = reconciled(pipeline)
    assert code == 0
    assert counted(found, pipeline.tenant) == {"accepted": (1, 2), "expired": (1, 2)}


def test_refusals_are_counted_by_tenant_and_unknown_where_nobody_counts(
    stack: Stack, pipeline: Pipeline
) -> None:
    post(stack, [event(), event(name="n" * 201)])
    pipeline.consume_all()
    arguments = ("--data-dir", str(stack.data_dir))
    assert account(reconciled(pipeline, *arguments)[1], "demo")["refused_events"] >= 1
    assert account(reconciled(pipeline)[1], "demo")["refused_events"] is None
    assert "unknown" in pipeline.sillage("reconcile").stdout


def test_where_kafka_does_not_answer_one_sentence_says_so(pipeline: Pipeline) -> None:
    done = pipeline.sillage("reconcile", SILLAGE_KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{free_port()}")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("Error: ")
