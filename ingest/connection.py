"""One client's connection: HTTP/1.1 in, one answer after the other out, nothing waited for without end.

uvicorn listens, speaks TLS and stops in order; this is the protocol that it is given in place of its own,
which makes a dictionary, a coroutine and a task of each request: see
docs/decisions/0010-a-protocol-of-our-own.md.
"""

import asyncio
import math
from collections import deque
from http import HTTPStatus
from typing import Any, Protocol

from ingest.answers import Answer
from ingest.crowd import Crowd
from ingest.limits import MOST_PIPELINED, PIPELINED
from ingest.refusals import Refusal, RefuseRequest
from ingest.request import Headers, Request, RequestReader

_LINGER_SECONDS = 5.0
_REST_SECONDS = 1.0
"""Whoever is told that it sends too fast is not read for so long: a flood costs next to nothing then."""
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSE = b"connection: close\r\n"


class Respond(Protocol):
    """Answers one request, once."""

    def __call__(self, answer: Answer, lines: bytes = b"") -> None:
        """Give the answer; `lines` are headers that it has this once, each ending in CRLF."""
        ...


class Handler(Protocol):
    """Who answers requests, at once or later."""

    crowd: Crowd

    def take(self, request: Request, respond: Respond) -> None:
        """Answer one request; never raises."""
        ...

    def turn_away(self, refusal: Refusal, target: bytes, headers: Headers) -> Answer:
        """Count and word the refusal of what could not be taken, whose head may have come in part."""
        ...

    def most_body_bytes(self, target: bytes, headers: Headers) -> int:
        """How large a body may be that comes with these; asked where MAX_BODY_BYTES are too few."""
        ...


class Connection(asyncio.Protocol):
    """What uvicorn calls an `http` protocol class; the handler comes through the state of the lifespan."""

    def __init__(
        self,
        config: Any,  # noqa: ARG002  as uvicorn calls it
        server_state: Any,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._handler: Handler = app_state["handler"]
        self._crowd = self._handler.crowd
        self._server_connections: set[Connection] = server_state.connections
        self._waiting: deque[Request] = deque()
        self._is_admitted = self._is_answering = self._head_only = False
        self._is_leaving = self._has_said_all = self._is_clogged = False
        self._keep_alive = True
        self._transport: asyncio.Transport

    # What asyncio and uvicorn call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or send it away when there are too many."""
        self._transport = transport  # type: ignore[assignment]
        peer = transport.get_extra_info("peername")
        self._peer: str = peer[0] if peer else ""
        self._reader = RequestReader(
            self._crowd, self._peer, self._handler.most_body_bytes, self._headers_came, self._request_came
        )
        self._server_connections.add(self)
        self.deadline = self._crowd.now + self._crowd.limits.head_seconds
        self._is_admitted = self._crowd.admit(self, self._peer)
        if not self._is_admitted:  # nor heard out: its place is wanted
            self._is_leaving = True
            self._write(self._handler.turn_away(Refusal.TOO_MANY_CONNECTIONS, b"", {}), _CLOSE)
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget it; a request that is still being answered goes its way."""
        self._server_connections.discard(self)
        self._reader.close()
        for request in self._waiting:
            request.forget(self._crowd)
        self._waiting.clear()
        if self._is_admitted:
            self._crowd.leave(self, self._peer)

    def data_received(self, data: bytes) -> None:
        """Read what has come; a request that begins has its time from here."""
        if self._is_leaving or self._transport.is_closing():
            return
        awaited_headers = self._reader.awaits_headers
        try:
            self._reader.feed(data)
        except RefuseRequest as error:
            self._turn_away(error.refusal)
        else:
            if self._reader.awaits_headers and not awaited_headers and not self._is_answering:
                self.deadline = self._crowd.now + self._crowd.limits.head_seconds

    def eof_received(self) -> bool:
        """Whoever has said all may still hear its answers."""
        self._is_leaving = self._has_said_all = True
        self._reader.close()
        return bool(self._is_answering or self._waiting) and self._transport.can_write_eof()

    def pause_writing(self) -> None:
        """The client does not read its answers: read no more of its requests until it does."""
        self._is_clogged = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        self._is_clogged = False
        self.deadline = self._crowd.now + self._crowd.limits.idle_seconds
        self._go_on()

    def shutdown(self) -> None:
        """The process ends: answer what is being answered, then close."""
        self._keep_alive = False
        if not self._is_answering:
            self._transport.close()

    def expire(self) -> None:
        """The client has not gone on in time."""
        if self._is_leaving or self._is_clogged or self._transport.is_closing():
            self._transport.abort()
        elif self._reader.is_inside:
            self._turn_away(Refusal.REQUEST_TOO_SLOW)
        else:
            self._transport.close()

    # What the reader calls.

    def _headers_came(self, waits: bool) -> None:
        if not self._is_answering and not self._transport.is_closing():
            self.deadline = self._crowd.now + self._crowd.limits.body_seconds
            if waits:
                self._transport.write(_GO_ON)

    def _request_came(self, request: Request) -> None:
        if self._is_leaving or self._transport.is_closing():
            request.forget(
                self._crowd
            )  # behind the connection's last, or too many: the client sends it again
            return
        if not (self._is_answering or self._waiting or self._is_clogged):
            self._answer(request)
            return
        self._waiting.append(request)
        if len(self._waiting) >= PIPELINED:
            self._transport.pause_reading()
        if len(self._waiting) >= MOST_PIPELINED:
            self._is_leaving = True

    # Answers.

    def _answer(self, request: Request) -> None:
        self._is_answering = True
        self._keep_alive = self._keep_alive and request.keep_alive
        self._head_only = request.method == b"HEAD"
        self._crowd.waiting_requests += 1
        self.deadline = math.inf  # whoever answers has a time-out of its own
        self._handler.take(request, self._respond)
        request.forget(self._crowd)

    def _respond(self, answer: Answer, lines: bytes = b"") -> None:
        self._is_answering = False
        self._crowd.waiting_requests -= 1
        if self._transport.is_closing():
            return
        if not self._keep_alive or (self._is_leaving and not self._waiting):
            self._write(answer, lines + _CLOSE)
            self._leave()
            return
        self._write(answer, lines)
        limits = self._crowd.limits
        self.deadline = self._crowd.now + (limits.body_seconds if self._is_clogged else limits.idle_seconds)
        if answer.status is HTTPStatus.TOO_MANY_REQUESTS and not self._crowd.knows_as_proxy(self._peer):
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(_REST_SECONDS, self._go_on)
        elif self._waiting:
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        """Answer the next of several requests that came at once."""
        if self._is_clogged:
            return
        if self._waiting and not self._is_answering:
            self._answer(self._waiting.popleft())
        if not self._waiting and not self._is_clogged and not self._transport.is_closing():
            self._transport.resume_reading()

    def _turn_away(self, refusal: Refusal) -> None:
        """Read no further; the requests that came before still are answered, and then this is not told."""
        self._is_leaving = True
        self._reader.close()
        if not (self._is_answering or self._waiting or self._transport.is_closing()):
            self._head_only = False  # which the last request may have been
            self._write(self._handler.turn_away(refusal, self._reader.target, self._reader.headers), _CLOSE)
            self._leave()

    def _write(self, answer: Answer, lines: bytes) -> None:
        body = b"" if self._head_only else answer.body
        self._transport.write(b"".join((answer.head, self._crowd.date, lines, b"\r\n", body)))

    def _leave(self) -> None:
        """Close; but whoever is still sending is heard out unread, or it would lose the answer to a reset."""
        if self._is_leaving and not self._has_said_all and self._transport.can_write_eof():
            self._transport.write_eof()
            self._transport.resume_reading()
            self.deadline = self._crowd.now + _LINGER_SECONDS
        else:
            self._transport.close()
