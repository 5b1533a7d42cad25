"""Spans of the pipeline's own work, for whoever looks after it: a delivery, a batch, an INSERT, a job.

Off unless SILLAGE_TRACING_ENDPOINT is set: neither is OpenTelemetry's SDK imported then, nor a span made.
Spans carry names, counts and sizes, never data. Where they go to this pipeline itself, they would be work
that makes spans: what sends them says so in a header, whose requests the collector does not trace, and in an
attribute of their resource, by which the consumer knows batches that hold nothing else.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from runtime.settings import ProcessSettings, SettingError

if TYPE_CHECKING:
    from runtime.span_export import Spans

OWN_HEADER = "x-sillage-own-telemetry"
"""The header of requests that bring spans of the pipeline's own work."""
OWN_ATTRIBUTE = "sillage.process"
"""The attribute of their resource, its first: which process it was."""
_OWN = OWN_ATTRIBUTE.encode()
_LOOKED_AT_BYTES = 512

Attributes = Mapping[str, str | int]
_NOTHING: AbstractContextManager[None] = contextlib.nullcontext()
_spans: "Spans | None" = None


def is_on() -> bool:
    """Whether this process makes spans."""
    return _spans is not None


def span(name: str, attributes: Attributes, start_ns: int | None = None) -> AbstractContextManager[Any]:
    """A span around a block, below the one that is open; it began at `start_ns`, Unix nanoseconds, or now."""
    return _NOTHING if _spans is None else _spans.open(name, attributes, start_ns)


def begin(name: str, attributes: Attributes) -> Callable[[Attributes], None]:
    """A span that ends when what this gives is called, with what is known then."""
    if _spans is None:
        return lambda _attributes: None
    begun = _spans.begin(name, attributes)

    def end(known: Attributes) -> None:
        begun.set_attributes(dict(known))
        begun.end()

    return end


def is_own(request: "bytes | memoryview") -> bool:
    """Whether this OTLP request brings spans of the pipeline's own work."""
    return _OWN in bytes(request[:_LOOKED_AT_BYTES])


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Make no span within the block, for work on one's own spans."""
    global _spans
    kept, _spans = _spans, None
    try:
        yield
    finally:
        _spans = kept


@contextlib.contextmanager
def tracing(process: str, settings: ProcessSettings) -> Iterator[None]:
    """Trace this process until the block ends; the last spans are sent then.

    Raises SettingError where an endpoint is set and the packages are missing.
    """
    global _spans
    if not settings.tracing_endpoint:
        yield
        return
    try:
        from runtime.span_export import Spans
    except ImportError as error:
        raise SettingError(
            "SILLAGE_TRACING_ENDPOINT is set, but OpenTelemetry's SDK is missing: install sillage[tracing]."
        ) from error
    _spans = Spans(process, settings.tracing_endpoint, settings.tracing_key)
    try:
        yield
    finally:
        made, _spans = _spans, None
        made.close()
