"""The real collector, killed while Kafka is away and while it drains: what it acknowledged comes to Kafka."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.traffic import TENANT, TENANTS, body
from ingest import topic_check
from ingest.spooling.directory import SpoolDirectory
from local.ports import HOST
from runtime import topics
from runtime.kafka import Admin
from runtime.settings import KafkaSettings
from schemas.topics import SPANS, USAGE
from tests.brokers import RunningBroker, messages
from tests.client import awaited
from tests.conftest import free_port_base
from tests.ingest.spooling.records import record
from tests.ingest.test_span_records import large

CLIENTS = 16


class Collector:
    """`sillage collector` on a directory of its own."""

    def __init__(self, kafka: RunningBroker, directory: Path) -> None:
        self.port = free_port_base()
        self.directory = directory
        self.acknowledged: set[bytes] = set()
        self._kafka = kafka
        self._environ = os.environ | {
            "SILLAGE_KAFKA_BOOTSTRAP_SERVERS": kafka.address,
            "SILLAGE_COLLECTOR_PORT": str(self.port),
            "SILLAGE_ACK_TIMEOUT_MS": "1000",
            "SILLAGE_SPOOL_DIR": str(directory / "spool"),
            **TENANTS.write(directory),
        }
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "cli", "collector"], env=self._environ)
        awaited(lambda: self.get("/healthz") == 200)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)

    def get(self, path: str) -> int:
        return self._status(urllib.request.Request(f"http://{HOST}:{self.port}{path}"))

    def send(self, _: int = 0) -> int:
        """Send one batch; gives the status as `_status` does."""
        identity = uuid.uuid4()
        content = body(TENANT).replace(b'"batch_id":"', b'"batch_id":"%s","was":"' % str(identity).encode())
        request = urllib.request.Request(
            f"http://{HOST}:{self.port}/v1/events", content, {"Content-Type": "text/plain"}
        )
        status = self._status(request)
        if status == 202:
            self.acknowledged.add(identity.bytes)
        return status

    def send_traces(self, body: bytes) -> int:
        """Send spans; gives the status as `_status` does."""
        headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer sk_{TENANT}"}
        return self._status(urllib.request.Request(f"http://{HOST}:{self.port}/v1/traces", body, headers))

    def _status(self, request: urllib.request.Request) -> int:
        """What is answered; 0 when the connection breaks."""
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def fill(self, records: int) -> None:
        """Put records into the spool as another worker process does."""
        store = SpoolDirectory(self.directory / "spool").open(1 << 30)
        store.append([record(number) for number in range(records)])
        store.close()
        self.acknowledged |= {record(number).key for number in range(records)}

    def spooled(self) -> int:
        store = SpoolDirectory(self.directory / "spool").open(1 << 30)
        try:
            return store.totals().records
        finally:
            store.close()

    def missing(self) -> set[bytes]:
        """What was acknowledged and is not in Kafka."""
        found = messages(self._kafka.address, USAGE.name, USAGE.partitions)
        return self.acknowledged - {message.key() for message in found}


@pytest.fixture
def collector(kafka: RunningBroker, tmp_path: Path) -> Iterator[Collector]:
    topics.create_missing(Admin(KafkaSettings(kafka_bootstrap_servers=kafka.address)), topic_check.TOPICS, 1)
    collector = Collector(kafka, tmp_path)
    try:
        collector.start()
        yield collector
    finally:
        collector.process.kill()
        collector.process.wait()


@pytest.mark.timeout(180)
def test_what_was_acknowledged_survives_a_kill_while_kafka_is_away(
    kafka: RunningBroker, collector: Collector
) -> None:
    with kafka.frozen(), ThreadPoolExecutor(CLIENTS) as clients:
        assert set(clients.map(collector.send, range(200))) == {202}
        under_fire = [clients.submit(collector.send) for _ in range(400)]
        under_fire[100].result()
        collector.end(signal.SIGKILL)
        answers = [one.result() for one in under_fire]
        assert set(answers) == {202, 0}
        collector.start()  # without Kafka
        assert collector.get("/readyz") == 200
        assert collector.send() == 202
    awaited(lambda: not collector.spooled(), 120)  # a broker that was frozen for long joins its cluster anew
    assert collector.missing() == set()
    assert len(collector.acknowledged) > 201  # some of those under fire too


def test_a_large_body_of_traces_is_kept_whole_while_kafka_is_away(
    kafka: RunningBroker, collector: Collector
) -> None:
    body = large(8_192).SerializeToString()
    with kafka.frozen():
        assert collector.send_traces(body) == 200
        collector.end(signal.SIGKILL)
        collector.start()
        assert collector.send_traces(body) == 200
    awaited(lambda: not collector.spooled())
    found = {one.key(): one.value() or b"" for one in messages(kafka.address, SPANS.name, SPANS.partitions)}
    assert len(found) > 3
    whole = ExportTraceServiceRequest.FromString(b"".join(found.values()))
    spans = [span for one in whole.resource_spans for span in one.scope_spans[0].spans]
    assert len(spans) == len({span.span_id for span in spans}) == 8_192


def test_what_was_acknowledged_survives_a_kill_while_it_is_drained(
    kafka: RunningBroker, collector: Collector
) -> None:
    with kafka.frozen():
        assert collector.send() == 202
        collector.fill(20_000)
    awaited(lambda: collector.spooled() < 20_000)
    collector.end(signal.SIGKILL)
    assert collector.spooled()
    collector.start()
    awaited(lambda: not collector.spooled())
    assert len(collector.acknowledged) == 20_001
    assert collector.missing() == set()


def test_a_stop_in_order_finishes_what_was_accepted(kafka: RunningBroker, collector: Collector) -> None:
    with kafka.frozen(), ThreadPoolExecutor(CLIENTS) as clients:
        under_way = [clients.submit(collector.send) for _ in range(CLIENTS)]
        awaited(lambda: collector.get("/healthz") == 200)
        collector.end(signal.SIGTERM)
        assert {one.result() for one in under_way} <= {202, 0}
        assert collector.acknowledged
        collector.start()
    awaited(lambda: not collector.spooled())
    assert collector.missing() == set()


def test_a_directory_that_cannot_be_used_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wrong = {"SILLAGE_SPOOL_DIR": str(tmp_path / "file"), **TENANTS.write(tmp_path)}
    command = [sys.executable, "-m", "cli", "collector"]
    done = subprocess.run(command, env=os.environ | wrong, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: SILLAGE_SPOOL_DIR: ")
    assert "Traceback" not in done.stderr
