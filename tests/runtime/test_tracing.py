"""Spans of the pipeline's own work: off, none is made; on, they carry names and counts, no data."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from consumers.batch import Batch
from consumers.traced import traced
from ingest.answers import Answer
from ingest.connection import Respond
from ingest.request import Request
from ingest.traced import TracedCollector
from runtime import tracing
from runtime.settings import ConsumerSettings, SettingError, load
from schemas.topics import SPANS, USAGE, Topic
from tests.consumers.spans import request, span
from tests.local.demo.otlp import Receiver, receiving, values

OWN_PROCESSES = """
import sys
import ingest.collector, consumers.service, jobs.service
from runtime import tracing
from runtime.settings import ConsumerSettings, load
with tracing.tracing("consumer", load(ConsumerSettings, {ENVIRON})):
    with tracing.span("a", {}):
        print([name for name in sorted(sys.modules) if name.startswith("opentelemetry.sdk")])
"""


def settings(server: Receiver) -> ConsumerSettings:
    return load(ConsumerSettings, {"SILLAGE_TRACING_ENDPOINT": server.url, "SILLAGE_TRACING_KEY": "sk_own"})


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:1"])
def test_without_an_endpoint_the_sdk_is_not_even_imported(url: str) -> None:
    source = OWN_PROCESSES.replace("{ENVIRON}", repr({"SILLAGE_TRACING_ENDPOINT": url}))
    ended = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60
    )
    assert ("opentelemetry.sdk.trace" in ended.stdout) == bool(url)
    assert url or ended.stdout == "[]\n"


def test_an_endpoint_without_the_sdk_stops_the_start(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "runtime.span_export", None)
    with (
        pytest.raises(SettingError, match=r"install sillage\[tracing\]"),
        tracing.tracing("x", settings(server)),
    ):
        pass


def batch_of(*values: bytes) -> Batch:
    batch = Batch()
    for offset, value in enumerate(values):
        batch.see(0, offset)
        batch.add(b"", Message(topic="t", value=value), (memoryview(value), b""))
    return batch


def test_a_batch_is_a_span_with_its_parts_below_it(server: Receiver) -> None:
    with (
        tracing.tracing("consumer", settings(server)),
        traced(batch_of(b"1", b"2"), USAGE, 0.25),
        tracing.span("INSERT usage_batches", {"db.system.name": "clickhouse"}),
    ):
        pass
    found = server.by_name()
    whole = found["process sillage.usage"]
    assert values(whole.attributes)["messaging.batch.message_count"] == 2
    for part in ("poll and enrich", "INSERT usage_batches"):
        assert found[part].parent_span_id == whole.span_id
    assert {one.service for one in server.received} == {"sillage-consumer"}
    assert [one["authorization"] for one in server.headers] == ["Bearer sk_own"]


def test_of_an_error_the_type_is_told_and_not_the_message(server: Receiver) -> None:
    with (
        pytest.raises(ValueError, match="ada"),
        tracing.tracing("jobs", settings(server)),
        tracing.span("roll up", {}),
    ):
        raise ValueError("ada@example.eu")
    told = server.by_name()["roll up"]
    assert told.status.code == Status.STATUS_CODE_ERROR
    assert values(told.attributes) == {"error.type": "ValueError"}
    assert all(b"ada@" not in body for body in server.bodies)


def names_after(server: Receiver, topic: Topic, *values: bytes) -> set[str]:
    with (
        tracing.tracing("consumer", settings(server)),
        traced(batch_of(*values), topic, 0.25),
        tracing.span("INSERT", {}),
    ):
        pass
    return set(server.by_name())


def test_storing_the_pipelines_own_spans_makes_no_spans(server: Receiver) -> None:
    others = request(span()).SerializeToString()
    assert "INSERT" in names_after(server, SPANS, others)
    (body,) = server.bodies
    parsed = ExportTraceServiceRequest.FromString(body)
    rewritten: bytes = parsed.SerializeToString()  # as the collector does where it takes something out
    server.received.clear()
    assert names_after(server, SPANS, body, rewritten) == set()
    assert "INSERT" in names_after(server, SPANS, body, others)


class Collector:
    crowd: Any = None

    def take(self, _request: Request, respond: Respond) -> None:
        respond(Answer(202))

    turn_away: Callable[..., Any] = SimpleNamespace
    most_body_bytes: Callable[..., Any] = SimpleNamespace


def take(server: Receiver, target: bytes, **headers: bytes) -> set[str]:
    answers: list[Answer] = []
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    asked = Request(b"POST", target, named, b"{}", "127.0.0.1", 0, True)
    with tracing.tracing("collector", settings(server)):
        TracedCollector(Collector()).take(asked, lambda answer, _lines=b"": answers.append(answer))
    assert [answer.status for answer in answers] == [202]
    return set(server.by_name())


def test_a_delivery_is_a_span_and_one_of_own_spans_is_none(server: Receiver) -> None:
    assert take(server, b"/v1/traces", x_sillage_own_telemetry=b"1") == set()
    assert take(server, b"/healthz") == set()
    assert take(server, b"/v1/traces?key=ada") == {"POST /v1/traces"}
    assert values(server.by_name()["POST /v1/traces"].attributes)["http.response.status_code"] == 202
    assert all(b"ada" not in body for body in server.bodies)
