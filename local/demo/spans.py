"""The spans of a request that is served and of one that is made, by OpenTelemetry's semantic conventions.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/, stable since 1.23.
"""

import http.client
import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from opentelemetry import baggage, context
from opentelemetry.propagate import extract, inject
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, format_trace_id
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, compile_path

Endpoint = Callable[[Request], Response]
_ANSWER_SECONDS = 5.0
_FROM_BAGGAGE = ("user.id", "session.id")
"""What the page knows of who asks; a real product would know it from its own login."""


class Answer(NamedTuple):
    """What another service answered."""

    status: int
    body: dict[str, Any]


def trace_id(span: Span) -> str:
    """As people write it."""
    return format_trace_id(span.get_span_context().trace_id)


def traced(tracer: Tracer, method: str, path: str, endpoint: Endpoint) -> Route:
    """A route whose every request is a span; what the endpoint raises is recorded on it and becomes a 500."""
    _, template, _ = compile_path(path)

    def serve(request: Request) -> Response:
        token = context.attach(extract(request.headers))
        try:
            with tracer.start_as_current_span(
                f"{method} {template}", kind=SpanKind.SERVER, attributes=_asked(request, template)
            ) as span:
                return _answered(span, endpoint, request)
        finally:
            context.detach(token)

    return Route(path, serve, methods=[method])


def _answered(span: Span, endpoint: Endpoint, request: Request) -> Response:
    try:
        response = endpoint(request)
    except Exception as error:
        span.record_exception(error)
        span.set_attribute("error.type", _name(error))
        span.set_status(StatusCode.ERROR, f"{_name(error)}: {error}")
        response = JSONResponse({"error": str(error)}, 500)
    else:
        if response.status_code >= 500:
            span.set_attribute("error.type", str(response.status_code))
            span.set_status(StatusCode.ERROR)
    span.set_attribute("http.response.status_code", response.status_code)
    return response


def _asked(request: Request, template: str) -> dict[str, str | int]:
    found: dict[str, str | int | None] = {
        "http.request.method": request.method,
        "http.route": template,
        "url.scheme": request.url.scheme,
        "url.path": request.url.path,
        "url.query": request.url.query or None,
        "server.address": request.url.hostname,
        "server.port": request.url.port,
        "client.address": _client(request),
        "network.protocol.version": request.scope["http_version"],
        "user_agent.original": request.headers.get("User-Agent"),
    }
    known = {name: str(value) for name in _FROM_BAGGAGE if (value := baggage.get_baggage(name))}
    return known | {name: value for name, value in found.items() if value is not None}


def _client(request: Request) -> str | None:
    """Whoever is behind the proxy; everybody here is on this machine, and may say so."""
    forwarded = request.headers.get("X-Forwarded-For", "").partition(",")[0].strip()
    return forwarded or (request.client.host if request.client else None)


def ask(
    tracer: Tracer, method: str, service: str, template: str, query: str = "", **values: object
) -> Answer:
    """Ask another service, at `http://host:port`; raises OSError or HTTPException when it does not answer."""
    host, port = urlsplit(service).hostname or "", urlsplit(service).port or 80
    path = template.format(**values) + (f"?{query}" if query else "")
    attributes: dict[str, str | int] = {
        "http.request.method": method,
        "url.full": service + path,
        "url.template": template,
        "server.address": host,
        "server.port": port,
    }
    with tracer.start_as_current_span(
        f"{method} {template}", kind=SpanKind.CLIENT, attributes=attributes, record_exception=False
    ) as span:
        headers: dict[str, str] = {}
        inject(headers)
        connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_SECONDS)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            answer = Answer(response.status, json.loads(response.read()))
        except Exception as error:
            span.set_attribute("error.type", _name(error))
            raise
        finally:
            connection.close()
        span.set_attribute("http.response.status_code", answer.status)
        if answer.status >= 400:
            span.set_attribute("error.type", str(answer.status))
            span.set_status(StatusCode.ERROR)
        return answer


def _name(error: Exception) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
