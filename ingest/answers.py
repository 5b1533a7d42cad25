"""Answers: what a client is told, with the headers that every answer has."""

import functools
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from ingest.refusals import RETRY_AFTER_SECONDS, EventRefusal, Refusal, RefuseRequest
from ingest.wire import MAX_EVENTS
from runtime import metrics

EVERY_ANSWER = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "no-referrer",
}
_EVERY_ANSWER = "".join(f"{name}: {value}\r\n" for name, value in EVERY_ANSWER.items()).encode()
_NOT_STORED = ("cache-control", "no-store")
_NO_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class Answer:
    """One response, serialised when it is made, so that one that is given often costs nothing again."""

    __slots__ = ("body", "head", "status")

    def __init__(self, status: int, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()) -> None:
        self.status = HTTPStatus(status)
        self.body = body
        lines = [f"HTTP/1.1 {self.status.value} {self.status.phrase}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if self.status not in _NO_BODY:
            lines.append(f"content-length: {len(body)}")
        self.head = "\r\n".join([*lines, ""]).encode("latin-1") + _EVERY_ANSWER
        """The status line and headers, without the empty line that ends them."""


class Error(Struct):
    """Why a whole request is refused."""

    code: str
    message: str
    remedy: str


class ErrorAnswer(Struct):
    """The body of every refusal."""

    error: Error


class NotTaken(Struct):
    """One event that is refused while its neighbours are taken."""

    index: Annotated[int, Meta(ge=0, lt=MAX_EVENTS)]
    id: str
    reason: EventRefusal
    message: str


class EventsAnswer(Struct):
    """What became of a batch's events."""

    accepted: Annotated[int, Meta(ge=0, le=MAX_EVENTS)]
    refused: list[NotTaken]


class NothingTaken(Struct):
    """The body of the refusal of a batch whose every event is refused."""

    error: Error
    accepted: Literal[0]
    refused: list[NotTaken]


def no_store_answer(status: int, body: bytes, content_type: str, *headers: tuple[str, str]) -> Answer:
    """An answer with a body, which no cache keeps."""
    return Answer(status, body, [("content-type", content_type), _NOT_STORED, *headers])


def json_answer(status: int, content: object, *headers: tuple[str, str]) -> Answer:
    """The same in JSON."""
    return no_store_answer(status, msgspec.json.encode(content), "application/json", *headers)


def error(refusal: Refusal) -> Error:
    """The refusal, as a client is told."""
    return Error(refusal.code, refusal.message, refusal.remedy)


@functools.lru_cache
def refusal_answer(refusal: Refusal, retry_after: int = RETRY_AFTER_SECONDS) -> Answer:
    """The one form of every refusal: code, message, remedy; with `Retry-After` where coming again helps."""
    again = [("retry-after", str(retry_after))] if refusal.is_passing else []
    return json_answer(refusal.status, ErrorAnswer(error(refusal)), *again)


@functools.lru_cache
def all_accepted(events: int) -> Answer:
    """202 for a delivery of which every event is taken."""
    return json_answer(HTTPStatus.ACCEPTED, EventsAnswer(events, []))


def partly_refused(accepted: int, refused: list[NotTaken]) -> Answer:
    """202 with the refused events by name; 400 when that is all of them."""
    if accepted:
        return json_answer(HTTPStatus.ACCEPTED, EventsAnswer(accepted, refused))
    refusal = Refusal.ALL_EVENTS_REFUSED
    return json_answer(refusal.status, NothingTaken(error(refusal), 0, refused))


def refused(error: RefuseRequest) -> Answer:
    """Count a refusal, and word it."""
    metrics.REQUESTS_REFUSED.labels(error.refusal.code).inc()
    return refusal_answer(error.refusal, error.retry_after)
