"""How Atelier's services send spans: by OpenTelemetry's own SDK and exporter, told by `OTEL_…` variables."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from runtime.span_export import TellOnce


def provider() -> TracerProvider:
    """Where a service's spans come from; without an endpoint they go nowhere."""
    made = TracerProvider(shutdown_on_exit=False)
    if OTEL_EXPORTER_OTLP_TRACES_ENDPOINT in os.environ:
        made.add_span_processor(BatchSpanProcessor(TellOnce(OTLPSpanExporter())))
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
