"""The collector's HTTP face: requests in, answers out. One place maps every refusal to its answer."""

import asyncio
import functools
import logging
import re
from collections.abc import Callable
from http import HTTPStatus

from prometheus_client import Counter

from ingest import usage
from ingest.addresses import TrustedProxies
from ingest.answers import Answer, NotTaken, all_accepted, json_answer, partly_refused, refusal_answer
from ingest.bodies import unpack
from ingest.connection import Respond
from ingest.crowd import Crowd
from ingest.delivery import Delivery
from ingest.limits import Rates
from ingest.openapi.document import openapi_file
from ingest.outlet import Outlet
from ingest.refusals import Refusal, RefuseRequest
from ingest.registry import Tenant
from ingest.request import Headers, Request
from ingest.rules import Rules
from ingest.served_file import ServedFile
from ingest.tenants import TenantFiles
from runtime import metrics

log = logging.getLogger(__name__)

_BODY_TYPES = (b"application/json", b"text/plain")
_KEY = re.compile(rb'"key"\s*:\s*"([\w-]{1,200})"')


class Collector:
    """Answers every request of a process; see `ingest.connection.Handler`."""

    def __init__(
        self,
        tenants: TenantFiles,
        outlet: Outlet,
        sdk_file: ServedFile,
        proxies: TrustedProxies,
        rules: Rules,
        crowd: Crowd,
        rates: Rates,
    ) -> None:
        self.crowd = crowd
        self._tenants, self._outlet, self._sdk_file = tenants, outlet, sdk_file
        self._proxies, self._rules, self._rates = proxies, rules, rates
        self._openapi_file = openapi_file()

    def take(self, request: Request, respond: Respond) -> None:
        """Answer one request, now or later."""
        path = request.target.partition(b"?")[0]
        methods = ROUTES.get(path)
        count = _requests(path.decode() if methods else "other")

        def answered(answer: Answer, lines: bytes = b"") -> None:
            count[answer.status].inc()
            respond(answer, lines)

        try:
            if self.crowd.is_full_of_requests:
                raise RefuseRequest(Refusal.BUSY)
            if methods is None:
                raise RefuseRequest(Refusal.NOT_FOUND)
            if request.method not in methods:
                raise RefuseRequest(Refusal.METHOD_NOT_ALLOWED)
            methods[request.method](self, request, answered)
        except RefuseRequest as error:
            match error.refusal:
                case Refusal.METHOD_NOT_ALLOWED:
                    lines = b"allow: %s\r\n" % b", ".join(methods or ())
                case Refusal.ORIGIN_FORBIDDEN:
                    lines = _READABLE_BY_ALL
                case _:
                    lines = self._cors(request.headers)
            answered(self._refuse(error), lines)
        except Exception:
            log.exception("A request of %s could not be answered", path if methods else "no route")
            answered(self._refuse(RefuseRequest(Refusal.FAILED)))

    def turn_away(self, refusal: Refusal) -> Answer:
        """Count and word the refusal of what is no request that could be taken."""
        answer = self._refuse(RefuseRequest(refusal))
        _requests("other")[answer.status].inc()
        return answer

    def _refuse(self, error: RefuseRequest) -> Answer:
        metrics.REQUESTS_REFUSED.labels(error.refusal.code).inc()
        return refusal_answer(error.refusal, error.retry_after)

    def _take_events(self, request: Request, respond: Respond) -> None:
        headers = request.headers
        if not headers.get(b"content-type", b"").lower().startswith(_BODY_TYPES):
            raise RefuseRequest(Refusal.UNSUPPORTED_MEDIA_TYPE)
        address = self._proxies.client(request.peer, headers.get(self._proxies.header, b""))
        self._rates.count_address(address)
        delivery = Delivery(
            body=_body(request),
            tenants=self._tenants.current,
            rules=self._rules,
            origin=headers.get(b"origin", b"").decode("latin-1"),
            bearer=_bearer(headers),
            client_ip=address,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1"),
            objects=headers.get(b"sec-gpc") == b"1",
            received_at=request.received_at,
        )
        if self._rates.is_flooded() and (tenant := _tenant_at_a_glance(delivery)):
            self._rates.refuse_flood(tenant)
        usage.take(delivery)
        self._rates.count_tenant(delivery.tenant)
        receipt, cors = usage.receipt(delivery), self._cors(headers)
        if not receipt.accepted and not receipt.lost:
            receipt.count()
            respond(_events_answer(receipt), cors)
            return

        def stored(refusal: Refusal | None) -> None:
            # Nothing of the delivery is held here: what waits for Kafka is small.
            if refusal:
                respond(self._refuse(RefuseRequest(refusal)), cors)
                return
            receipt.count()
            respond(_events_answer(receipt), cors)

        self._outlet.put(usage.record(delivery), stored)

    def _preflight(self, request: Request, respond: Respond) -> None:
        """Answer a CORS preflight, which a browser sends before application/json."""
        if not self._tenants.current.allows(request.headers.get(b"origin", b"").decode("latin-1")):
            raise RefuseRequest(Refusal.ORIGIN_FORBIDDEN)
        respond(_PREFLIGHT, self._cors(request.headers))

    def _serve_sdk(self, request: Request, respond: Respond) -> None:
        respond(self._sdk_file.answer(request.headers.get(b"if-none-match", b"")))

    def _serve_openapi(self, request: Request, respond: Respond) -> None:
        respond(self._openapi_file.answer(request.headers.get(b"if-none-match", b"")))

    def _health(self, _request: Request, respond: Respond) -> None:
        respond(json_answer(HTTPStatus.OK, {"status": "ok"}))

    def _readiness(self, _request: Request, respond: Respond) -> None:
        def told(asked: "asyncio.Task[bool]") -> None:
            if asked.result():
                respond(json_answer(HTTPStatus.OK, {"status": "ready"}))
            else:
                respond(self._refuse(RefuseRequest(Refusal.NOT_READY)))

        asyncio.ensure_future(self._outlet.is_ready()).add_done_callback(told)

    def _cors(self, headers: Headers) -> bytes:
        """Let pages of allowed origins, and no others, read the answer."""
        origin = headers.get(b"origin")
        if not origin:
            return b""
        return _cors_lines(origin) if self._tenants.current.allows(origin.decode("latin-1")) else b""


_Handle = Callable[[Collector, Request, Respond], None]

ROUTES: dict[bytes, dict[bytes, _Handle]] = {
    b"/v1/events": {b"POST": Collector._take_events, b"OPTIONS": Collector._preflight},
    b"/sillage.js": {b"GET": Collector._serve_sdk, b"HEAD": Collector._serve_sdk},
    b"/openapi.json": {b"GET": Collector._serve_openapi, b"HEAD": Collector._serve_openapi},
    b"/healthz": {b"GET": Collector._health, b"HEAD": Collector._health},
    b"/readyz": {b"GET": Collector._readiness, b"HEAD": Collector._readiness},
}
"""Who answers which method of which path; `ingest/openapi/operations.py` describes each."""

_PREFLIGHT = Answer(
    HTTPStatus.NO_CONTENT,
    headers=[
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "content-type, content-encoding, authorization"),
        ("access-control-max-age", "86400"),
    ],
)

_READABLE_BY_ALL = b"access-control-allow-origin: *\r\n"
"""A page of a foreign origin may read that it is refused, and so stop trying."""


@functools.lru_cache
def _cors_lines(origin: bytes) -> bytes:
    return (
        b"access-control-allow-origin: %s\r\naccess-control-expose-headers: retry-after\r\nvary: origin\r\n"
        % origin
    )


class _Counters(dict[HTTPStatus, "Counter"]):
    """A route's counters by status, found once."""

    def __init__(self, route: str) -> None:
        self._route = route

    def __missing__(self, status: HTTPStatus) -> "Counter":
        counter = self[status] = metrics.REQUESTS.labels(self._route, status.value)
        return counter


@functools.cache
def _requests(route: str) -> _Counters:
    return _Counters(route)


def _body(request: Request) -> bytes:
    if request.body is None:
        raise RefuseRequest(Refusal.BODY_TOO_LARGE)
    encoding = request.headers.get(b"content-encoding")
    return unpack(request.body, encoding) if encoding else request.body


def _bearer(headers: Headers) -> str:
    if b"authorization" not in headers:
        return ""
    scheme, _, key = headers[b"authorization"].decode("latin-1").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _tenant_at_a_glance(delivery: Delivery) -> Tenant | None:
    """Whose key the body seems to hold: enough to refuse a flood without reading it."""
    if delivery.bearer:
        return delivery.tenants.by_secret_key(delivery.bearer)
    found = _KEY.search(delivery.body)
    return delivery.tenants.by_write_key(found[1].decode()) if found else None


def _events_answer(receipt: usage.Receipt) -> Answer:
    if not receipt.refused:
        return all_accepted(receipt.accepted)
    return partly_refused(
        receipt.accepted,
        [NotTaken(event.index, event.id, event.reason, event.reason.message) for event in receipt.refused],
    )
