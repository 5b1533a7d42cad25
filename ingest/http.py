"""The collector's HTTP face: requests in, answers out. One place maps every refusal to its answer."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from ingest import usage
from ingest.addresses import TrustedProxies
from ingest.delivery import Delivery
from ingest.publisher import Publisher
from ingest.refusals import Refusal, RefuseRequest
from ingest.rules import Rules
from ingest.sdk_file import SdkFile
from ingest.tenants import TenantFiles
from ingest.wire import MAX_BODY_BYTES
from runtime import metrics
from schemas.topics import USAGE

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]

_BODY_TYPES = (b"application/json", b"text/plain")
_RETRY_AFTER_SECONDS = "5"
_MOST_BYTES_READ = 10 * MAX_BODY_BYTES


@dataclass(slots=True)
class Answer:
    """Status, body and headers of one response."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


def json_answer(status: int, content: object) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, msgspec.json.encode(content), [("content-type", "application/json")])


def refusal_answer(refusal: Refusal) -> Answer:
    """The one form of every refusal: code, message, remedy."""
    error = {"code": refusal.code, "message": refusal.message, "remedy": refusal.remedy}
    answer = json_answer(refusal.status, {"error": error})
    if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers.append(("retry-after", _RETRY_AFTER_SECONDS))
    return answer


async def read_body(headers: Headers, receive: Receive) -> bytes:
    """The request's body; raises RefuseRequest when it is too large.

    What is a little too large is read to its end, unkept: a client that is cut off while it sends sees a
    broken connection and not the answer.
    """
    if int(headers.get(b"content-length", b"0")) > _MOST_BYTES_READ:
        raise RefuseRequest(Refusal.BODY_TOO_LARGE)
    message = await receive()
    body: bytes = message.get("body", b"")
    size = len(body)
    while message.get("more_body") and size <= _MOST_BYTES_READ:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            body += chunk
    if size > MAX_BODY_BYTES:
        raise RefuseRequest(Refusal.BODY_TOO_LARGE)
    return body


def lines_of(scope: Scope, headers: Headers, name: bytes) -> bytes:
    """A header's lines, joined: a proxy may add a line of its own instead of lengthening the one it finds."""
    if len(headers) == len(scope["headers"]):
        return headers.get(name, b"")
    return b", ".join(line for found, line in scope["headers"] if found == name)


class Collector:
    """The ASGI application."""

    def __init__(
        self,
        tenants: TenantFiles,
        publisher: Publisher,
        sdk_file: SdkFile,
        trusted_proxies: TrustedProxies,
        rules: Rules,
    ) -> None:
        self._tenants = tenants
        self._publisher = publisher
        self._sdk_file = sdk_file
        self._trusted_proxies = trusted_proxies
        self._rules = rules
        self._routes: dict[str, dict[str, Callable[[Scope, Headers, Receive], Awaitable[Answer]]]] = {
            "/v1/events": {"POST": self._take_events, "OPTIONS": self._preflight},
            "/sillage.js": {"GET": self._serve_sdk},
            "/healthz": {"GET": self._health},
            "/readyz": {"GET": self._readiness},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers: Headers = dict(scope["headers"])
        methods = self._routes.get(scope["path"])
        try:
            if methods is None:
                raise RefuseRequest(Refusal.NOT_FOUND)
            if scope["method"] not in methods:
                raise RefuseRequest(Refusal.METHOD_NOT_ALLOWED)
            answer = await methods[scope["method"]](scope, headers, receive)
        except RefuseRequest as error:
            metrics.REQUESTS_REFUSED.labels(error.refusal.code).inc()
            answer = refusal_answer(error.refusal)
            if error.refusal is Refusal.METHOD_NOT_ALLOWED and methods:
                answer.headers.append(("allow", ", ".join(methods)))
        metrics.REQUESTS.labels(scope["path"] if methods else "other", answer.status).inc()
        self._add_cors(headers, answer)
        await _send(answer, send)

    async def _take_events(self, scope: Scope, headers: Headers, receive: Receive) -> Answer:
        if not headers.get(b"content-type", b"").lower().startswith(_BODY_TYPES):
            raise RefuseRequest(Refusal.UNSUPPORTED_MEDIA_TYPE)
        received_at = time.time_ns() // 1_000_000
        peer = scope["client"][0] if scope["client"] else ""
        forwarded = lines_of(scope, headers, self._trusted_proxies.header)
        delivery = Delivery(
            body=await read_body(headers, receive),
            tenants=self._tenants.current,
            rules=self._rules,
            origin=headers.get(b"origin", b"").decode("latin-1"),
            bearer=_bearer(headers),
            client_ip=self._trusted_proxies.client(peer, forwarded),
            user_agent=headers.get(b"user-agent", b"").decode("latin-1"),
            objects=headers.get(b"sec-gpc") == b"1",
            received_at=received_at,
        )
        usage.take(delivery)
        if delivery.batch.events or delivery.batch.lost:
            await self._publisher.publish(
                USAGE.name, delivery.batch.batch_id.bytes, usage.encode(delivery), usage.headers(delivery)
            )
        usage.count(delivery)
        return _events_answer(delivery)

    async def _preflight(self, _scope: Scope, headers: Headers, _receive: Receive) -> Answer:
        """Answer a CORS preflight, which a browser sends before application/json."""
        if not self._tenants.current.allows(headers.get(b"origin", b"").decode("latin-1")):
            raise RefuseRequest(Refusal.ORIGIN_FORBIDDEN)
        allowed = [
            ("access-control-allow-methods", "POST"),
            ("access-control-allow-headers", "content-type, authorization"),
            ("access-control-max-age", "86400"),
        ]
        return Answer(HTTPStatus.NO_CONTENT, headers=allowed)

    async def _serve_sdk(self, _scope: Scope, headers: Headers, _receive: Receive) -> Answer:
        file = self._sdk_file
        caching = [("etag", file.etag), ("cache-control", "public, max-age=3600")]
        if headers.get(b"if-none-match", b"").decode("latin-1") == file.etag:
            return Answer(HTTPStatus.NOT_MODIFIED, headers=caching)
        return Answer(
            HTTPStatus.OK, file.content, [("content-type", "text/javascript; charset=utf-8"), *caching]
        )

    async def _health(self, _scope: Scope, _headers: Headers, _receive: Receive) -> Answer:
        return json_answer(HTTPStatus.OK, {"status": "ok"})

    async def _readiness(self, _scope: Scope, _headers: Headers, _receive: Receive) -> Answer:
        if not await self._publisher.is_connected():
            raise RefuseRequest(Refusal.NOT_STORED)
        return json_answer(HTTPStatus.OK, {"status": "ready"})

    def _add_cors(self, headers: Headers, answer: Answer) -> None:
        """Let pages of allowed origins read the answer, and any page that it is refused for its origin."""
        origin = headers.get(b"origin", b"").decode("latin-1")
        forbidden = answer.status == HTTPStatus.FORBIDDEN
        if origin and (forbidden or self._tenants.current.allows(origin)):
            answer.headers += [
                ("access-control-allow-origin", origin),
                ("access-control-expose-headers", "retry-after"),
                ("vary", "origin"),
            ]


def _bearer(headers: Headers) -> str:
    scheme, _, key = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _events_answer(delivery: Delivery) -> Answer:
    refused = [
        {"index": event.index, "id": event.id, "reason": event.reason, "message": event.reason.message}
        for event in delivery.refused
    ]
    accepted = len(delivery.batch.events)
    if refused and not accepted:
        answer = refusal_answer(Refusal.ALL_EVENTS_REFUSED)
        content = msgspec.json.decode(answer.body) | {"accepted": 0, "refused": refused}
        return json_answer(answer.status, content)
    return json_answer(HTTPStatus.ACCEPTED, {"accepted": accepted, "refused": refused})


async def _send(answer: Answer, send: Send) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
