"""A receiver of OTLP over HTTP, and what it has received."""

import contextlib
import threading
from collections.abc import Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.ingest.exporters.test_exporters import Answering


@contextlib.contextmanager
def receiving() -> Iterator[Answering]:
    """One, until the block ends."""
    with Answering() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def endpoint(server: Answering) -> str:
    """Its base URL, as SILLAGE_TRACING_ENDPOINT takes it."""
    return f"http://127.0.0.1:{server.server_port}"


def requests(server: Answering) -> list[ExportTraceServiceRequest]:
    """All that has come."""
    return [ExportTraceServiceRequest.FromString(body) for body in server.bodies]


def spans_by_name(server: Answering) -> dict[str, Span]:
    """The last span of each name."""
    return {
        span.name: span
        for one in requests(server)
        for resource_spans in one.resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    }
