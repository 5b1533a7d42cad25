"""Atelier's second service: it sends invoices, reminds of them, and books them. Booking fails on purpose.

The front service (`local/demo/front.py`) calls it; `OTEL_…` variables say where its spans go.
"""

import argparse
import random
import time

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.demo.ledger import Ledger
from local.demo.serving import serve
from local.demo.spans import traced
from local.demo.tracing import provider, until_the_end
from runtime.logging import configure

_JAMS = 0.2
"""How many letters the printer swallows."""


class PrinterJam(Exception):
    """A letter did not leave the printer."""


class Billing:
    """What can be done with an invoice: the number is in the path, the answer is JSON."""

    def __init__(self, tracer: Tracer, rng: random.Random) -> None:
        self._tracer = tracer
        self._ledger = Ledger(tracer)
        self._rng = rng

    def deliveries(self, request: Request) -> Response:
        """Send one, by post with `?by=post`."""
        number = request.path_params["number"]
        if self._ledger.amount(number) is None:
            return _unknown(number)
        by = request.query_params.get("by", "mail")
        self._render(by)
        if by == "post" and self._rng.random() < _JAMS:
            raise PrinterJam(f"Tray {number % 3 + 1} is jammed, invoice {number} was not printed")
        self._ledger.deliver(number)
        return JSONResponse({"sent": number})

    def reminders(self, request: Request) -> Response:
        """Remind of one."""
        number = request.path_params["number"]
        if self._ledger.amount(number) is None:
            return _unknown(number)
        self._ledger.remind(number)
        return JSONResponse({"reminded": number})

    def bookings(self, request: Request) -> Response:
        """Enter one in the books."""
        number = request.path_params["number"]
        amount = self._ledger.amount(number)
        if amount is None:
            return _unknown(number)
        self._ledger.book(number, amount)
        return JSONResponse({"booked": number})

    def _render(self, by: str) -> None:
        """Draw the page: most are quick, some are long."""
        with self._tracer.start_as_current_span("render invoice", attributes={"atelier.delivery": by}):
            time.sleep(min(self._rng.lognormvariate(-3.4, 0.7), 1.0))


def service(spans: TracerProvider, rng: random.Random) -> Starlette:
    """Make the service."""
    tracer = spans.get_tracer("atelier.billing")
    billing = Billing(tracer, rng)
    endpoints = (billing.deliveries, billing.reminders, billing.bookings)
    routes = [traced(tracer, "POST", f"/invoices/{{number:int}}/{one.__name__}", one) for one in endpoints]
    return Starlette(routes=routes, lifespan=until_the_end(spans))


def _unknown(number: int) -> Response:
    return JSONResponse({"error": f"There is no invoice {number}"}, 404)


def main() -> None:
    """Read the command line and serve on loopback until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m local.demo.billing", description=__doc__)
    parser.add_argument("port", type=int)
    arguments = parser.parse_args()
    configure("billing", "info")
    serve(service(provider(), random.Random()), arguments.port)  # noqa: S311


if __name__ == "__main__":
    main()
