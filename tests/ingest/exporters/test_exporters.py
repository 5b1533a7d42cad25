"""Unmodified exporters: their spans arrive whole; they heed what is refused, and come again when told."""

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.answers import Answer
from ingest.otlp.answers import spans_answer, status_answer
from ingest.otlp.encodings import encoding_of
from ingest.refusals import Refusal, SpanRefusal
from schemas.topics import SPANS
from tests.brokers import messages
from tests.client import awaited
from tests.conftest import Stack
from tests.ingest.exporters.clients import EXPORTERS, export, recording


def arrived(stack: Stack, service: str) -> list[ExportTraceServiceRequest]:
    """The requests of one service that Kafka holds."""
    found = messages(stack.kafka_bootstrap_servers, SPANS.name, SPANS.partitions)
    values = [message.value() or b"" for message in found]
    return [ExportTraceServiceRequest.FromString(one) for one in values if service.encode() in one]


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_spans_arrive_whole(exporter: str, compression: str, stack: Stack) -> None:
    service = f"s{uuid.uuid4().hex}"
    url = stack.collector_url + "/v1/traces"
    assert EXPORTERS[exporter](url, stack.secret_key, compression, service)
    (request,) = arrived(stack, service)
    (resource_spans,) = request.resource_spans
    (scope_spans,) = resource_spans.scope_spans
    by_name = {span.name: span for span in scope_spans.spans}
    server, query = by_name["GET /invoices"], by_name["SELECT"]
    assert scope_spans.scope.name == "tests"
    assert (len(server.trace_id), len(server.span_id), server.kind) == (16, 8, 2)
    assert {one.key: one.value.int_value for one in server.attributes} == {"http.response.status_code": 200}
    assert [event.name for event in server.events] == ["cache.miss"]
    assert [link.span_id for link in query.links] == [server.span_id]
    assert [one.string_value for one in query.attributes[0].value.array_value.values] == ["a", "b"]
    assert server.end_time_unix_nano >= server.start_time_unix_nano > 1_700_000_000_000_000_000


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_8192_spans_of_one_export_arrive_each_once(compression: str, stack: Stack) -> None:
    service = f"s{uuid.uuid4().hex}"
    tracer, memory = recording(service)
    for number in range(8_192):
        tracer.start_span(f"step {number}", attributes={"text": "x" * 400}).end()
    assert export(stack.collector_url + "/v1/traces", stack.secret_key, compression, memory)
    requests = arrived(stack, service)
    assert len(requests) > 3
    heads = {(one.resource_spans[0].scope_spans[0].scope.name, len(one.resource_spans)) for one in requests}
    assert heads == {("tests", 1)}
    names = [span.name for one in requests for span in one.resource_spans[0].scope_spans[0].spans]
    assert sorted(names) == sorted(f"step {number}" for number in range(8_192))


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_an_exporter_with_a_public_key_fails_and_does_not_come_again(exporter: str, stack: Stack) -> None:
    service = f"s{uuid.uuid4().hex}"
    assert not EXPORTERS[exporter](stack.collector_url + "/v1/traces", "pk_demo", "none", service)
    assert not arrived(stack, service)


class Answering(ThreadingHTTPServer):
    """Answers with what the collector would, in turn; then with success."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusals: list[Refusal] = []
        self.refused_spans: Counter[SpanRefusal] = Counter()
        self.bodies: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    server: Answering

    def do_POST(self) -> None:
        self.server.bodies.append(self._body())
        encoding = encoding_of({b"content-type": self.headers["content-type"].encode()})
        assert encoding
        answer: Answer = (
            status_answer(self.server.refusals.pop(0), encoding, 1)
            if self.server.refusals
            else spans_answer(encoding, self.server.refused_spans)
        )
        self.wfile.write(answer.head + b"connection: close\r\n\r\n" + answer.body)

    def _body(self) -> bytes:
        if "content-length" in self.headers:
            return self.rfile.read(int(self.headers["content-length"]))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size + 2)[:-2]
        self.rfile.readline()
        return body

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[Answering]:
    with Answering() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("refusal", [Refusal.TENANT_TOO_FAST, Refusal.NOT_STORED])
def test_an_exporter_comes_again_when_it_is_told_to(
    exporter: str, refusal: Refusal, answering: Answering
) -> None:
    answering.refusals = [refusal]
    assert EXPORTERS[exporter](f"http://127.0.0.1:{answering.server_port}/v1/traces", "sk_x", "none", "s")
    first, second = awaited(lambda: len(answering.bodies) == 2 and answering.bodies)
    assert first == second


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_an_exporter_takes_partial_success_for_success(exporter: str, answering: Answering) -> None:
    answering.refused_spans[SpanRefusal.SPAN_ID_INVALID] = 1
    assert EXPORTERS[exporter](f"http://127.0.0.1:{answering.server_port}/v1/traces", "sk_x", "none", "s")
    assert len(answering.bodies) == 1
