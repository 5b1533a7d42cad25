"""How the whole pipeline stands at one moment: what answers, what waits, what is stored, what went wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from queries.counts import Counts, counts
from queries.storage import TableStatus, missing_tables, tables
from queries.topics import TopicStatus, topics
from runtime.clickhouse import ClickHouseUnreachable

Answer = TypeVar("Answer")

_SILENT = (ClickHouseUnreachable, ClickHouseError, KafkaException, OSError, ValueError)
"""What a part that is not there, or not what it should be, raises."""


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """Where the parts are, and what is expected of them."""

    clickhouse_url: str
    connect: Callable[[], Client]
    kafka_bootstrap_servers: str
    admin: AdminClient
    topics: Sequence[str]
    groups: Mapping[str, str]
    """The consumer group that reads a topic, of those that are read."""
    dead_letters: str
    """The topic of dead letters."""
    collector_url: str
    ask_collector: Callable[[], object]
    """Raises OSError when the collector does not answer that it is ready."""
    metrics_url: str | None


@dataclass(frozen=True)
class PartStatus:
    """One part of the pipeline; `fault` is empty when it answers."""

    name: str
    address: str
    fault: str = ""


@dataclass
class Status:
    """All of it; what could not be asked is empty or None."""

    parts: list[PartStatus] = field(default_factory=list)
    topics: list[TopicStatus] = field(default_factory=list)
    tables: list[TableStatus] = field(default_factory=list)
    dead_letters: int | None = None
    """Dead letters that Kafka still keeps."""
    counts: Counts | None = None
    problems: list[str] = field(default_factory=list)
    """Sentences; none means that all is well. A growing lag is no problem, only work."""

    @property
    def nothing_runs(self) -> bool:
        """Whether not a single part answers."""
        return all(part.fault for part in self.parts)


def status(pipeline: Pipeline) -> Status:
    """Ask every part; one that does not answer is a problem in the status, never an exception."""
    found = Status()
    _ask(found, "collector", pipeline.collector_url, pipeline.ask_collector)
    if pipeline.metrics_url:
        url = pipeline.metrics_url
        found.counts = _ask(found, "metrics", url, lambda: counts(url))
    known = _ask(found, "kafka", pipeline.kafka_bootstrap_servers, lambda: _topics(pipeline))
    if known is not None:
        _add_topics(found, known, pipeline)
    stored = _ask(found, "clickhouse", pipeline.clickhouse_url, lambda: _tables(pipeline))
    if stored is not None:
        _add_tables(found, *stored)
    return found


def _ask(found: Status, name: str, address: str, question: Callable[[], Answer]) -> Answer | None:
    try:
        answer = question()
    except _SILENT as error:
        fault = (str(error).splitlines() or [type(error).__name__])[0]
        found.parts.append(PartStatus(name, address, fault))
        found.problems.append(f"{name} does not answer at {address}: {fault}")
        return None
    found.parts.append(PartStatus(name, address))
    return answer


def _topics(pipeline: Pipeline) -> list[TopicStatus]:
    return topics(pipeline.admin, pipeline.topics, pipeline.groups)


def _add_topics(found: Status, known: list[TopicStatus], pipeline: Pipeline) -> None:
    found.topics = known
    records = {topic.name: topic.records for topic in known}
    found.dead_letters = records.get(pipeline.dead_letters)
    found.problems += [
        f"Topic {name} does not exist. Run `sillage migrate`."
        for name in pipeline.topics
        if name not in records
    ]


def _tables(pipeline: Pipeline) -> tuple[list[TableStatus], list[str]]:
    client = pipeline.connect()
    return tables(client), missing_tables(client)


def _add_tables(found: Status, stored: list[TableStatus], missing: list[str]) -> None:
    found.tables = stored
    found.problems += [f"Table or view {name} does not exist. Run `sillage migrate`." for name in missing]
    found.problems += [
        f"Days of {table.name} that are stored though their retention has passed: {table.overdue_days}. No "
        f"view shows them, but ClickHouse's TTL is late: `OPTIMIZE TABLE {table.name} FINAL` drops them now."
        for table in stored
        if table.overdue_days
    ]
