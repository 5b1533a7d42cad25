"""Spans of the collector's own work: one a delivery, from its last byte to its answer.

It stands before the collector where tracing is on; where it is off, it is not there and costs nothing.
"""

from ingest.answers import Answer
from ingest.connection import Handler, Respond
from ingest.refusals import Refusal
from ingest.request import Headers, Request
from runtime import tracing

_OWN = tracing.OWN_HEADER.encode()
_DELIVERIES = (b"/v1/events", b"/v1/traces")


class TracedCollector:
    """Makes a span of each delivery and lets the collector answer it; see `ingest.connection.Handler`."""

    def __init__(self, collector: Handler) -> None:
        self._collector = collector
        self.crowd = collector.crowd

    def take(self, request: Request, respond: Respond) -> None:
        """Answer one request; those that bring the pipeline's own spans make none."""
        path = request.target.partition(b"?")[0]
        if request.method != b"POST" or path not in _DELIVERIES or _OWN in request.headers:
            self._collector.take(request, respond)
            return
        route = path.decode()
        size = len(request.body or b"")
        end = tracing.begin(
            f"POST {route}",
            {"http.request.method": "POST", "http.route": route, "http.request.body.size": size},
        )

        def answered(answer: Answer, lines: bytes = b"") -> None:
            end({"http.response.status_code": answer.status.value})
            respond(answer, lines)

        self._collector.take(request, answered)

    def turn_away(self, refusal: Refusal, target: bytes, headers: Headers) -> Answer:
        """What was no request makes no span."""
        return self._collector.turn_away(refusal, target, headers)

    def most_body_bytes(self, target: bytes, headers: Headers) -> int:
        """As the collector says."""
        return self._collector.most_body_bytes(target, headers)
