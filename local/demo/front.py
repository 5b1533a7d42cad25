"""Atelier's front service: what its pages ask for, which it asks of billing. The page gets the trace's id."""

import http.client

from opentelemetry.trace import Tracer, get_current_span
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.demo.spans import ask, trace_id, traced

_NOUNS = ("deliveries", "reminders", "bookings")


def routes(tracer: Tracer, billing_url: str) -> list[Route]:
    """`POST /api/invoices/{number}/deliveries`, `…/reminders` and `…/bookings`."""

    def forward(noun: str) -> Route:
        def endpoint(request: Request) -> Response:
            return _forwarded(tracer, billing_url, noun, request)

        return traced(tracer, "POST", f"/api/invoices/{{number:int}}/{noun}", endpoint)

    return [forward(noun) for noun in _NOUNS]


def _forwarded(tracer: Tracer, billing_url: str, noun: str, request: Request) -> Response:
    query = "by=post" if noun == "deliveries" and request.query_params.get("by") == "post" else ""
    number = request.path_params["number"]
    try:
        status = ask(tracer, "POST", billing_url, f"/invoices/{{number}}/{noun}", query, number=number).status
    except (OSError, http.client.HTTPException):
        status = 503
    body: dict[str, object] = {"done": status < 400, "trace_id": trace_id(get_current_span())}
    return JSONResponse(body, status)
