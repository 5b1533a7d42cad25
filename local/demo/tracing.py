"""How Atelier's services send spans: by OpenTelemetry's own SDK and exporter, told by `OTEL_…` variables."""

import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

log = logging.getLogger(__name__)


class _TellOnce(SpanExporter):
    """Says when spans begin to be lost and when they arrive again; the exporter would at each attempt."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._arrived = True
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        arrived = result is SpanExportResult.SUCCESS
        if arrived and not self._arrived:
            log.info("The collector takes spans again")
        elif self._arrived and not arrived:
            log.warning("The collector does not take the spans of this service; they are lost meanwhile")
        self._arrived = arrived
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def provider() -> TracerProvider:
    """Where a service's spans come from; without an endpoint they go nowhere."""
    made = TracerProvider(shutdown_on_exit=False)
    if OTEL_EXPORTER_OTLP_TRACES_ENDPOINT in os.environ:
        made.add_span_processor(BatchSpanProcessor(_TellOnce(OTLPSpanExporter())))
    return made


def until_the_end(
    spans: TracerProvider,
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """The lifespan of a service: its last spans leave before it does, since SIGTERM runs no exit handlers."""

    @asynccontextmanager
    async def lifespan(_service: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(spans.shutdown)

    return lifespan
