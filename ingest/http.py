"""The collector's HTTP face: requests in, answers out. One place maps every refusal to its answer."""

import asyncio
import functools
import logging
from collections.abc import Callable
from http import HTTPStatus

from prometheus_client import Counter

from ingest.addresses import TrustedProxies
from ingest.answers import Answer, json_answer, refused
from ingest.connection import Respond
from ingest.cors import PREFLIGHT, READABLE_BY_ALL, readable
from ingest.crowd import Crowd
from ingest.events import EventsIntake
from ingest.large_bodies import LargeBodies
from ingest.limits import Rates
from ingest.openapi.document import openapi_file
from ingest.otlp import answers as otlp
from ingest.otlp.encodings import encoding_of
from ingest.outlet import Outlet
from ingest.refusals import Refusal, RefuseRequest
from ingest.request import Headers, Request
from ingest.rules import Rules
from ingest.sdk_files import SdkFiles
from ingest.served_file import ServedFile
from ingest.tenants import TenantFiles
from ingest.traces import TracesIntake
from ingest.wire import MAX_BODY_BYTES
from runtime import metrics

log = logging.getLogger(__name__)

_TRACES = b"/v1/traces"
_SDK = b"/sdk/"
_SDK_FILES = _SDK + b"{file}"


class Collector:
    """Answers every request of a process; see `ingest.connection.Handler`."""

    def __init__(
        self,
        tenants: TenantFiles,
        outlet: Outlet,
        sdk_files: SdkFiles,
        proxies: TrustedProxies,
        rules: Rules,
        crowd: Crowd,
        rates: Rates,
        large_bodies: LargeBodies,
    ) -> None:
        self.crowd = crowd
        self._tenants, self._outlet, self._sdk_files = tenants, outlet, sdk_files
        self._events = EventsIntake(tenants, outlet, proxies, rules, rates)
        self._traces = TracesIntake(tenants, outlet, proxies, rules, rates, large_bodies)
        self._openapi_file = openapi_file()

    def take(self, request: Request, respond: Respond) -> None:
        """Answer one request, now or later."""
        path = request.target.partition(b"?")[0]
        route = _SDK_FILES if path.startswith(_SDK) else path
        methods = ROUTES.get(route)
        count = _requests(route.decode() if methods else "other")

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
                    lines = READABLE_BY_ALL
                case _:
                    lines = readable(request.headers, self._tenants.current)
            answered(_refused(error, path, request.headers), lines)
        except Exception:
            log.exception("A request of %s could not be answered", path if methods else "no route")
            answered(_refused(RefuseRequest(Refusal.FAILED), path, request.headers))

    def turn_away(self, refusal: Refusal, target: bytes, headers: Headers) -> Answer:
        """Count and word the refusal of what is no request that could be taken."""
        answer = _refused(RefuseRequest(refusal), target.partition(b"?")[0], headers)
        _requests("other")[answer.status].inc()
        return answer

    def most_body_bytes(self, target: bytes, headers: Headers) -> int:
        """How large a body may be that comes with these."""
        if target.partition(b"?")[0] == _TRACES:
            return self._traces.most_body_bytes(headers)
        return MAX_BODY_BYTES

    def _take_events(self, request: Request, respond: Respond) -> None:
        self._events.take(request, respond)

    def _take_traces(self, request: Request, respond: Respond) -> None:
        self._traces.take(request, respond)

    def _preflight(self, request: Request, respond: Respond) -> None:
        """Answer a CORS preflight, which a browser sends before application/json."""
        if not self._tenants.current.allows(request.headers.get(b"origin", b"").decode("latin-1")):
            raise RefuseRequest(Refusal.ORIGIN_FORBIDDEN)
        respond(PREFLIGHT, readable(request.headers, self._tenants.current))

    def _serve_sdk(self, request: Request, respond: Respond) -> None:
        respond(_file(self._sdk_files.script, request.headers))

    def _serve_sdk_file(self, request: Request, respond: Respond) -> None:
        name = request.target.partition(b"?")[0].removeprefix(_SDK)
        if (found := self._sdk_files.by_name.get(name)) is None:
            raise RefuseRequest(Refusal.NOT_FOUND)
        respond(_file(found, request.headers))

    def _serve_openapi(self, request: Request, respond: Respond) -> None:
        respond(_file(self._openapi_file, request.headers))

    def _health(self, _request: Request, respond: Respond) -> None:
        respond(json_answer(HTTPStatus.OK, {"status": "ok"}))

    def _readiness(self, _request: Request, respond: Respond) -> None:
        def told(asked: "asyncio.Task[bool]") -> None:
            if asked.result():
                respond(json_answer(HTTPStatus.OK, {"status": "ready"}))
            else:
                respond(refused(RefuseRequest(Refusal.NOT_READY)))

        asyncio.ensure_future(self._outlet.is_ready()).add_done_callback(told)


def _refused(error: RefuseRequest, path: bytes, headers: Headers) -> Answer:
    """In the form that the clients of this path read."""
    return otlp.refused(error, encoding_of(headers)) if path == _TRACES else refused(error)


def _file(file: ServedFile, headers: Headers) -> Answer:
    return file.answer(headers.get(b"if-none-match", b""), headers.get(b"accept-encoding", b""))


_Handle = Callable[[Collector, Request, Respond], None]

ROUTES: dict[bytes, dict[bytes, _Handle]] = {
    b"/v1/events": {b"POST": Collector._take_events, b"OPTIONS": Collector._preflight},
    _TRACES: {b"POST": Collector._take_traces, b"OPTIONS": Collector._preflight},
    b"/sillage.js": {b"GET": Collector._serve_sdk, b"HEAD": Collector._serve_sdk},
    _SDK_FILES: {b"GET": Collector._serve_sdk_file, b"HEAD": Collector._serve_sdk_file},
    b"/openapi.json": {b"GET": Collector._serve_openapi, b"HEAD": Collector._serve_openapi},
    b"/healthz": {b"GET": Collector._health, b"HEAD": Collector._health},
    b"/readyz": {b"GET": Collector._readiness, b"HEAD": Collector._readiness},
}
"""Who answers which method of which path; `ingest/openapi/operations.py` describes each."""


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
