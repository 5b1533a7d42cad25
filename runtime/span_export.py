"""Where spans are made and sent, by OpenTelemetry's own SDK: an extra, imported where spans are wanted."""

import contextlib
import logging
from collections.abc import Iterator, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, StatusCode

from runtime.tracing import OWN_ATTRIBUTE, OWN_HEADER, Attributes

log = logging.getLogger(__name__)

_CLOSE_MS = 3_000


class TellOnce(SpanExporter):
    """Says when spans begin to be lost and when they arrive again; the exporter would at each attempt."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._arrived = True
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them; never raises."""
        result = self._exporter.export(spans)
        arrived = result is SpanExportResult.SUCCESS
        if arrived and not self._arrived:
            log.info("Spans are taken again")
        elif self._arrived and not arrived:
            log.warning("The spans of this process are not taken; they are lost meanwhile")
        self._arrived = arrived
        return result

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()


class Spans:
    """The spans of one process."""

    def __init__(self, process: str, endpoint: str, key: str) -> None:
        headers = {OWN_HEADER: "1"} | ({"Authorization": f"Bearer {key}"} if key else {})
        resource = Resource({OWN_ATTRIBUTE: process, "service.name": f"sillage-{process}"})
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", headers=headers)
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(TellOnce(exporter)))
        self._tracer = self._provider.get_tracer("sillage")

    @contextlib.contextmanager
    def open(self, name: str, attributes: Attributes, start_ns: int | None) -> Iterator[None]:
        """A span around a block. Of an error it keeps the type alone: the message may quote data."""
        with self._tracer.start_as_current_span(
            name,
            attributes=attributes,
            start_time=start_ns,
            record_exception=False,
            set_status_on_exception=False,
        ) as opened:
            try:
                yield
            except Exception as error:
                opened.set_attribute("error.type", type(error).__name__)
                opened.set_status(StatusCode.ERROR)
                raise

    def begin(self, name: str, attributes: Attributes) -> Span:
        """A span of its own, which the caller ends."""
        return self._tracer.start_span(name, attributes=attributes)

    def close(self) -> None:
        """Send what is left, for three seconds at most."""
        self._provider.force_flush(_CLOSE_MS)
        self._provider.shutdown()
