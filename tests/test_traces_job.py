"""Traces on the real stack: what an unmodified exporter sends stands in ClickHouse, each span once."""

import contextlib
import functools
import itertools
import json
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind, Tracer

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from schemas.spans import headers, record_key
from schemas.topics import SPANS
from tests.client import awaited
from tests.conftest import Stack
from tests.consumers.spans import request, span, trace_id
from tests.queries.databases import own_database


@pytest.fixture(scope="module")
def clickhouse(stack: Stack) -> Client:
    return connect(load(QuerySettings, stack.environ))


@pytest.fixture
def tracer(stack: Stack) -> Iterator[Tracer]:
    """As an application has it: every span is exported when it ends."""
    endpoint = f"{stack.collector_url}/v1/traces"
    exporter = OTLPSpanExporter(endpoint, headers={"authorization": f"Bearer {stack.secret_key}"})
    provider = TracerProvider(resource=Resource({"service.name": "orders", "sizes": [1, 2]}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider.get_tracer("tests", "1")
    provider.shutdown()


def spans_of(clickhouse: Client, trace: str, count: int) -> list[dict[str, object]]:
    """The spans of a trace, once so many are there, in the order of their start."""
    sql = "SELECT * FROM spans WHERE trace_key = unhex({trace:String}) ORDER BY started_at"

    def found() -> list[dict[str, object]]:
        rows = list(clickhouse.query(sql, {"trace": trace}).named_results())
        return rows if len(rows) >= count else []

    return list(awaited(found))


def test_a_trace_is_stored_without_what_must_not_be_known(clickhouse: Client, tracer: Tracer) -> None:
    reported: dict[str, Any] = {
        "client.address": "203.0.113.77",
        "url.full": "https://app.example/orders?token=1",
        "user.id": "ada",
        "http.response.status_code": 500,
        "tags": ["a", "b"],
    }
    with tracer.start_as_current_span("POST /orders", kind=SpanKind.SERVER, attributes=reported) as outer:
        trace = f"{outer.get_span_context().trace_id:032x}"
        try:
            with tracer.start_as_current_span("charge"):
                raise ValueError("no card 42")
        except ValueError:
            pass
    outermost, inner = spans_of(clickhouse, trace, 2)
    assert outermost["attributes"] == {
        "client.address": "203.0.113.0",
        "user.id": outermost["user_id"],
        "http.response.status_code": "500",
        "tags": '["a","b"]',
    }
    assert outermost["resource"] == {"service.name": "orders", "sizes": "[1,2]"}
    assert "ada" not in str(outermost)
    assert len(str(outermost["user_id"])) == 32
    assert inner["parent_span_id"] == outermost["span_id"]
    assert (inner["status"], inner["events.name"]) == ("error", ["exception"])
    sql = "SELECT exception_type, message_shape, top_frame FROM span_errors WHERE trace_id = {trace:String}"
    ((kind, shape, frame),) = clickhouse.query(sql, {"trace": trace}).result_rows
    assert (kind, shape) == ("ValueError", "no card #")
    assert frame == f"{__file__} in test_a_trace_is_stored_without_what_must_not_be_known"


def test_a_request_that_is_sent_again_is_stored_once(stack: Stack, clickhouse: Client) -> None:
    sent = span("GET /again")
    for _ in range(2):
        post(stack, request(sent).SerializeToString())
    other = span("GET /other", trace_id=sent.trace_id)
    post(stack, request(other).SerializeToString())
    assert {row["name"] for row in spans_of(clickhouse, sent.trace_id.hex(), 2)} == {
        "GET /again",
        "GET /other",
    }
    assert len(spans_of(clickhouse, sent.trace_id.hex(), 2)) == 2


SPANS_OF_A_COLLECTOR, MARKERS = 8_192, 64


def test_what_a_collector_sends_at_once_is_stored_once_though_it_comes_twice(
    stack: Stack, clickhouse: Client
) -> None:
    trace, markers = trace_id(), trace_id()
    sent = [
        span(f"step {number}", {"text": "x" * 400, "host": uuid.uuid4().hex}, trace_id=trace)
        for number in range(SPANS_OF_A_COLLECTOR)
    ]
    body = request(*sent).SerializeToString()
    assert len(body) > 4_000_000
    for _ in range(2):
        post(stack, body)
    for _ in range(MARKERS):  # of so many there is one behind the second body in every partition
        post(stack, request(span("behind it", trace_id=markers)).SerializeToString())
    spans_of(clickhouse, markers.hex(), MARKERS)
    what = "count(), uniqExact(span_id), uniqExact(batch_id) > 3, any(resource['service.name'])"
    sql = f"SELECT {what} FROM spans WHERE trace_key = unhex('{trace.hex()}')"
    found = clickhouse.query(sql).result_rows
    assert found == [(SPANS_OF_A_COLLECTOR, SPANS_OF_A_COLLECTOR, True, "atelier")]


def post(stack: Stack, body: bytes) -> None:
    carried = {"content-type": "application/x-protobuf", "x-sillage-key": stack.secret_key}
    sent = urllib.request.Request(f"{stack.collector_url}/v1/traces", body, carried)
    with urllib.request.urlopen(sent, timeout=10) as answer:
        assert (answer.status, answer.read()) == (200, b"")


REQUESTS, SPANS_A_REQUEST, KILLS = 600, 20, 4


def produce(stack: Stack, tenant: str) -> int:
    """Write requests to Kafka as the collector does; gives how many spans they hold."""
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap_servers, "acks": "all"})
    for _ in range(REQUESTS):
        value = request(*(span() for _ in range(SPANS_A_REQUEST))).SerializeToString()
        now = time.time_ns()
        carried = headers(tenant, now // 1_000_000, 90)
        producer.produce(SPANS.name, value, key=record_key(now, value), headers=carried)
    assert producer.flush(30) == 0
    return REQUESTS * SPANS_A_REQUEST


@contextlib.contextmanager
def consuming(environ: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A consumer of spans; ended as SIGTERM does, where it still lives."""
    process = subprocess.Popen([sys.executable, "-m", "cli", "consumer", "--topic", "spans"], env=environ)
    try:
        yield process
        process.terminate()
        process.wait(30)
    finally:
        process.kill()
        process.wait()


def test_no_span_is_lost_or_doubled_when_its_consumer_is_killed(stack: Stack) -> None:
    tenant = uuid.uuid4().hex
    with own_database(stack) as (database, client):
        environ = stack.environ | {
            "SILLAGE_CLICKHOUSE_DATABASE": database,
            "SILLAGE_CONSUMER_GROUP": tenant,
            "SILLAGE_CONSUMER_INSTANCE": "killed",
            "SILLAGE_BATCH_MAX_BYTES": str(1 << 16),
        }

        def counted(what: str) -> int:
            ((count,),) = client.query(f"SELECT {what} FROM spans WHERE tenant = '{tenant}'").result_rows
            return int(count)

        def has_grown(before: int) -> bool:
            return before < counted("count()")

        sent = produce(stack, tenant)
        for kill in itertools.count(1):
            with consuming(environ) as consumer:
                before = counted("count()")
                assert before < sent, f"all was stored after {kill - 1} kills: too few to prove anything"
                awaited(functools.partial(has_grown, before))
                if kill > KILLS:
                    awaited(lambda: counted("count()") == sent)
                    break
                consumer.kill()
        assert counted("uniqExact(span_id)") == counted("count()") == sent


def test_a_dead_request_is_mended_and_sent_again(stack: Stack, clickhouse: Client, tmp_path: Path) -> None:
    sent, tenant = span("GET /mended"), uuid.uuid4().hex
    whole = request(sent).SerializeToString()
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap_servers, "acks": "all"})
    carried = headers(tenant, time.time_ns() // 1_000_000, 30)
    producer.produce(SPANS.name, whole + b"\xa2\x06\x05other", key=bytes(16), headers=carried)
    assert producer.flush(30) == 0

    def dead(*arguments: str) -> str:
        command = [sys.executable, "-m", "cli", "dead", *arguments]
        done = subprocess.run(command, env=stack.environ, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    (letter,) = awaited(lambda: json.loads(dead("list", "--json", "--tenant", tenant)))
    assert letter["reason"] == "not_otlp"
    assert "Its value is no whole" in dead("replay", letter["coordinates"])
    (tmp_path / "mended").write_bytes(whole)
    dead("replay", letter["coordinates"], "--value", str(tmp_path / "mended"))
    (row,) = spans_of(clickhouse, sent.trace_id.hex(), 1)
    assert (row["tenant"], row["name"], row["retention_days"]) == (tenant, "GET /mended", 30)
