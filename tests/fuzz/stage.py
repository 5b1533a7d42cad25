"""What stands around a connection when no network does: a loop, a transport, a handler, a reader."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ingest.addresses import TrustedProxies
from ingest.answers import Answer, json_answer, refusal_answer
from ingest.connection import Respond
from ingest.crowd import Crowd
from ingest.limits import Limits
from ingest.refusals import Refusal
from ingest.request import Headers, Request, RequestReader
from ingest.wire import MAX_BODY_BYTES

FAULTS: list[Exception] = []
"""What was raised inside the parser's callbacks, where the parser would hide it."""


ROOM = 1 << 26
"""Bytes of bodies: more than any play sends."""


def limits(connections: int = 1, body_bytes: int = ROOM) -> Limits:
    """Those of a process that has time."""
    return Limits(
        connections=connections,
        connections_an_address=1,
        waiting_requests=100,
        body_bytes=body_bytes,
        head_seconds=60,
        body_seconds=60,
        idle_seconds=60,
    )


class Loop:
    """Calls what is to be called soon when it is turned."""

    def __init__(self) -> None:
        self._soon: list[Callable[[], None]] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        self._soon.append(callback)

    def turn(self) -> bool:
        """Whether there was anything to call."""
        soon, self._soon = self._soon, []
        for callback in soon:
            callback()
        return bool(soon)

    def __enter__(self) -> "Loop":
        asyncio._set_running_loop(self)  # type: ignore[arg-type]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio._set_running_loop(None)


class Transport:
    """Keeps what is written, and reads no further while it is paused or closed."""

    def __init__(self, can_write_eof: bool) -> None:
        self.written = b""
        self.is_paused = self._is_closing = self.has_said_all = False
        self._can_write_eof = can_write_eof

    def get_extra_info(self, _name: str) -> Any:
        return ("192.0.2.1", 4711)

    def write(self, data: bytes) -> None:
        assert not self.has_said_all, "something is written behind the end"
        assert not self._is_closing, "something is written to a closed connection"
        self.written += data

    def can_write_eof(self) -> bool:
        return self._can_write_eof

    def write_eof(self) -> None:
        self.has_said_all = True

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True

    abort = close

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


class Handler:
    """Answers with the number of the request, at once or, while it holds back, when it is told."""

    def __init__(self, limits: Limits) -> None:
        self.crowd = Crowd(limits, TrustedProxies(()))
        self.asked: list[Request] = []
        self.later: list[Callable[[], None]] = []
        self.holds_back = False

    def take(self, request: Request, respond: Respond) -> None:
        answer = json_answer(200, len(self.asked))
        self.asked.append(request)
        self.later.append(lambda: respond(answer, b"x-line: 1\r\n"))
        if not self.holds_back:
            self.answer()

    def answer(self) -> None:
        """Answer the request that waits, if one does."""
        assert len(self.later) <= 1, "two requests of one connection are answered at once"
        while self.later:
            self.later.pop()()

    def turn_away(self, refusal: Refusal, _target: bytes, _headers: Headers) -> Answer:
        return refusal_answer(refusal)

    def most_body_bytes(self, _target: bytes, _headers: Headers) -> int:
        return MAX_BODY_BYTES


class TellingReader(RequestReader):
    """Keeps what its callbacks raise."""


def _telling(method: Callable[..., None]) -> Callable[..., None]:
    def told(self: RequestReader, *given: Any) -> None:
        try:
            method(self, *given)
        except Exception as error:
            FAULTS.append(error)
            raise

    return told


for _name in ("message_begin", "url", "header", "headers_complete", "body", "message_complete"):
    setattr(TellingReader, f"on_{_name}", _telling(getattr(RequestReader, f"on_{_name}")))

SERVER = SimpleNamespace(connections=set())
