"""A stand-in for `POST /v1/traces` that keeps the spans it is sent."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.browser.servers import serving as serving_http

DEADLINE_S = 20


@dataclass(frozen=True)
class Received:
    """One span, with the service that sent it."""

    service: str
    span: Span

    @property
    def attributes(self) -> dict[str, Any]:
        return values(self.span.attributes)


@dataclass
class Receiver:
    """Where spans arrive, what has arrived, and how it is answered."""

    url: str = ""
    status: int = 200
    received: list[Received] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, headers: dict[str, str], body: bytes) -> None:
        with self._changed:
            self.headers.append(headers)
            self.bodies.append(body)
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = values(group.resource.attributes)["service.name"]
                spans = [span for scope in group.scope_spans for span in scope.spans]
                self.received.extend(Received(service, span) for span in spans)
            self._changed.notify_all()

    def by_name(self) -> dict[str, Span]:
        """The last span of each name."""
        return {one.span.name: one.span for one in self.received}

    def trace(self, trace_id: str, spans: int) -> list[Received]:
        """The spans of a trace in order of their start, once there are so many."""

        def found() -> list[Received]:
            return [one for one in self.received if one.span.trace_id.hex() == trace_id]

        self.wait_until(lambda: len(found()) >= spans)
        return sorted(found(), key=lambda one: one.span.start_time_unix_nano)

    def wait_until(self, reached: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(reached, DEADLINE_S), f"received: {self.received}"


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output to the test."""

    with serving_http(Handler) as receiver.url:
        yield receiver


def values(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes of plain types."""
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in attributes}
