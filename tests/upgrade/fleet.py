"""Collectors and consumers of two versions on one Kafka and ClickHouse, and what became of what was sent."""

import contextlib
import json
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from clickhouse_connect.driver.client import Client
from confluent_kafka import Message

from runtime.kafka import Admin
from runtime.topics import create_missing
from schemas import topics
from tests.brokers import messages
from tests.client import awaited, event
from tests.conftest import Stack, free_port_base
from tests.queries.databases import own_database
from tests.upgrade.processes import Process, answers, post, spans_body
from tests.upgrade.versions import next_version, this_version

_NOT_THEIRS = ("SILLAGE_SPOOL_DIR", "PYTHONPATH")


@dataclass
class Fleet:
    """What runs, where it writes, and what was acknowledged."""

    old: Path
    new: Path
    stack: Stack
    client: Client
    environ: dict[str, str]
    prefix: str
    scratch: Path
    collectors: dict[Path, tuple[Process, str]] = field(default_factory=dict)
    consumers: list[Process] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    spans: list[str] = field(default_factory=list)

    def migrate(self, version: Path) -> None:
        command = [sys.executable, "-m", "cli", "migrate"]
        subprocess.run(command, cwd=version, env=self.environ, capture_output=True, timeout=60, check=True)

    def start_collector(self, version: Path) -> None:
        port = free_port_base()
        process = self._start(version, "collector", SILLAGE_COLLECTOR_PORT=str(port))
        url = f"http://127.0.0.1:{port}"
        self.collectors[version] = process, url
        awaited(lambda: answers(f"{url}/readyz") or process.process.poll() is not None)
        assert process.process.poll() is None, process.said()

    def start_consumers(self, version: Path) -> list[Process]:
        """One for usage and one for spans; returns once each has partitions, or has ended."""
        begun = [self._start(version, "consumer", "--topic", what) for what in ("usage", "spans")]
        self.consumers += begun
        awaited(lambda: all(one.has_partitions() for one in begun))
        return begun

    def ended_consumers(self) -> list[Process]:
        return [one for one in self.consumers if one.process.poll() is not None]

    def start_ended_consumers_again(self) -> None:
        """As a supervisor does."""
        for version in {one.version for one in self.ended_consumers()}:
            self.stop_consumers(version)
            self.start_consumers(version)

    def stop_consumers(self, version: Path) -> None:
        for one in [one for one in self.consumers if one.version == version]:
            one.stop()
            self.consumers.remove(one)

    def stop_collector(self, version: Path) -> None:
        self.collectors.pop(version)[0].stop()

    def stop(self) -> None:
        for version in list(self.collectors):
            self.stop_collector(version)
        for version in {one.version for one in self.consumers}:
            self.stop_consumers(version)

    def send(self, batches: int = 8) -> None:
        """So many batches of two events, and requests of one span, by each collector that runs."""
        for _, url in self.collectors.values():
            for _ in range(batches):
                made = [event(), event()]
                batch = {"key": "pk_demo", "batch_id": str(uuid.uuid4()), "events": made}
                post(f"{url}/v1/events", json.dumps(batch).encode(), "application/json", 202)
                self.events += [str(one["id"]) for one in made]
                span_id = uuid.uuid4().bytes[:8]
                key = self.stack.secret_key
                post(f"{url}/v1/traces", spans_body(span_id), "application/x-protobuf", 200, key)
                self.spans.append(span_id.hex())

    def stored_events(self) -> list[str]:
        return self._column("SELECT toString(event_id) FROM usage")

    def stored_spans(self) -> list[str]:
        return self._column("SELECT lower(hex(span_id)) FROM trace_spans")

    def editions(self) -> Counter[str]:
        return Counter(self._column("SELECT edition FROM usage_events"))

    def dead(self) -> list[Message]:
        """The dead letters of these topics."""
        return messages(self.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"], f"{self.prefix}.dead")

    def has_all(self) -> bool:
        self.start_ended_consumers_again()
        return len(self.stored_events()) >= len(self.events) and len(self.stored_spans()) >= len(self.spans)

    def expect_all_once(self) -> None:
        """Every acknowledged event and span is stored once, and nothing is dead."""
        awaited(self.has_all)
        self.compare()
        assert self.dead() == []

    def compare(self) -> None:
        """Fails with what is lost and what is there too often."""
        sent = Counter([*self.events, *self.spans])
        stored = Counter([*self.stored_events(), *self.stored_spans()])
        assert sent == stored, f"lost {sent - stored}, too many {stored - sent}"

    def _column(self, sql: str) -> list[str]:
        return [str(row[0]) for row in self.client.query(sql).result_rows]

    def _start(self, version: Path, *arguments: str, **changes: str) -> Process:
        log = self.scratch / f"{arguments[0]}-{uuid.uuid4().hex}.log"
        command = [sys.executable, "-m", "cli", *arguments]
        admin_port = free_port_base()
        environ = self.environ | {"SILLAGE_ADMIN_PORT": str(admin_port)} | changes
        with log.open("wb") as out:
            begun = subprocess.Popen(command, cwd=version, env=environ, stdout=out, stderr=subprocess.STDOUT)
        return Process(version, begun, log, admin_port)


@contextlib.contextmanager
def own_fleet(stack: Stack, scratch: Path) -> Iterator[Fleet]:
    """Topics and a database of a test's own, in the shape of this version; nothing runs yet."""
    prefix = f"u{uuid.uuid4().hex[:10]}"
    old, new = this_version(scratch / "this", prefix), next_version(scratch / "next", prefix)
    own_topics = [replace(one, name=one.name.replace("sillage", prefix)) for one in topics.ALL]
    client = Admin(stack.kafka)
    create_missing(client, own_topics, 1)
    with own_database(stack) as (database, clickhouse):
        environ = {
            name: value
            for name, value in stack.environ.items()
            if name not in ("SILLAGE_SPOOL_DIR", "PYTHONPATH")
        }
        environ |= {"SILLAGE_CLICKHOUSE_DATABASE": database, "SILLAGE_CONSUMER_GROUP": prefix}
        environ |= {"SILLAGE_GEO_DATABASES": "", "SILLAGE_LOG_LEVEL": "info"}
        fleet = Fleet(old, new, stack, clickhouse, environ, prefix, scratch)
        try:
            yield fleet
        finally:
            fleet.stop()
            for deleted in client.delete_topics([one.name for one in own_topics]).values():
                deleted.result(15)
