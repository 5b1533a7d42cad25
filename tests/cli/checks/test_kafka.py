"""Kafka: the topics, and the group that reads them."""

import uuid

from confluent_kafka import Consumer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from cli.checks import Finding, Verdict, kafka
from runtime.kafka import Admin
from runtime.positions import Position
from schemas.topics import SPANS, USAGE
from tests.cli.checks.asking import found
from tests.client import awaited, event, post
from tests.conftest import Stack

OK, LOOK, BROKEN = Verdict


def test_a_topic_that_keeps_records_for_longer_is_broken(stack: Stack) -> None:
    admin = Admin(stack.kafka)

    def keep(milliseconds: str) -> None:
        entry = ConfigEntry("retention.ms", milliseconds, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, SPANS.name, incremental_configs=[entry])
        admin.incremental_alter_configs([resource])[resource].result()

    keep("9999999999")
    try:
        finding = awaited(lambda: (one := found(stack, "topics")).verdict is BROKEN and one)
    finally:
        keep(SPANS.config["retention.ms"])
    assert "sillage.spans has retention.ms=9999999999" in finding.saw
    assert "set it back" in finding.remedy
    assert awaited(lambda: found(stack, "topics").verdict is OK)


def test_a_group_without_members_is_broken(stack: Stack) -> None:
    finding = found(stack, "consumer group", SILLAGE_CONSUMER_GROUP="nobody")
    assert finding.verdict is BROKEN
    assert "Start `sillage consumer`" in finding.remedy


def test_a_group_that_reads_and_never_commits_is_stuck(stack: Stack) -> None:
    post(stack, [event()])
    group = f"stuck-{uuid.uuid4().hex}"
    consumer = Consumer(
        {
            "bootstrap.servers": stack.kafka_bootstrap_servers,
            "group.id": group,
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([USAGE.name])
    try:
        awaited(lambda: consumer.poll(0.1) or consumer.assignment())
        finding = found(stack, "consumer group", SILLAGE_CONSUMER_GROUP=group)
    finally:
        consumer.close()
    assert finding.verdict is BROKEN
    assert "nothing was stored" in finding.saw
    assert "the consumer's log" in finding.remedy


def progress(*states: dict[int, tuple[int, int]]) -> Finding:
    """Judge partitions that are (committed, end), at successive looks; the last state stays."""
    waiting: list[dict[int, tuple[int, int]]] = list(states)

    def read() -> dict[tuple[str, int], Position]:
        state = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return {("t", number): Position(0, end, at) for number, (at, end) in state.items()}

    return kafka.judge_progress(read, "group")


def test_a_group_that_moves_is_well_however_far_behind() -> None:
    assert progress({0: (5, 9_000), 1: (9, 9)}, {0: (6, 9_900), 1: (9, 9)}) == Finding(OK, "group, lag 8,995")


def test_one_partition_that_does_not_move_is_worth_a_look() -> None:
    finding = progress({0: (5, 9), 1: (5, 9)}, {0: (9, 9), 1: (5, 9)})
    assert finding.verdict is LOOK
    assert "t/1 did not move" in finding.saw
