"""Answers: what a client is told, with the headers that every answer has."""

import functools
from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from ingest.refusals import RETRY_AFTER_SECONDS, Refusal

_EVERY_ANSWER = (
    b"x-content-type-options: nosniff\r\n"
    b"content-security-policy: default-src 'none'\r\n"
    b"referrer-policy: no-referrer\r\n"
)
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


def json_answer(status: int, content: object, *headers: tuple[str, str]) -> Answer:
    """An answer with a JSON body, which no cache keeps."""
    json_type = ("content-type", "application/json")
    return Answer(status, msgspec.json.encode(content), [json_type, _NOT_STORED, *headers])


def _error(refusal: Refusal) -> dict[str, str]:
    return {"code": refusal.code, "message": refusal.message, "remedy": refusal.remedy}


@functools.lru_cache
def refusal_answer(refusal: Refusal, retry_after: int = RETRY_AFTER_SECONDS) -> Answer:
    """The one form of every refusal: code, message, remedy; with `Retry-After` where coming again helps."""
    again = [("retry-after", str(retry_after))] if refusal.is_passing else []
    return json_answer(refusal.status, {"error": _error(refusal)}, *again)


@functools.lru_cache
def all_accepted(events: int) -> Answer:
    """202 for a delivery of which every event is taken."""
    return json_answer(HTTPStatus.ACCEPTED, {"accepted": events, "refused": []})


def partly_refused(accepted: int, refused: Sequence[object]) -> Answer:
    """202 with the refused events by name; 400 when that is all of them."""
    content: dict[str, object] = {"accepted": accepted, "refused": refused}
    if accepted:
        return json_answer(HTTPStatus.ACCEPTED, content)
    refusal = Refusal.ALL_EVENTS_REFUSED
    return json_answer(refusal.status, {"error": _error(refusal)} | content)
