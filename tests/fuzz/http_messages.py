"""Requests that a fuzzer sends, and answers as they must be read."""

import re
from dataclasses import dataclass

from ingest.limits import HEAD_BYTES
from ingest.wire import MAX_BODY_BYTES
from tests.fuzz.choices import Choices

_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) [A-Z][\w '-]*\r\n((?:[a-z-]+: [^\r\n]*\r\n)+)\r\n")
_LENGTH = re.compile(rb"^content-length: (\d+)\r$", re.MULTILINE)
SIZES = (0, 3, 9_000, MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 11 * MAX_BODY_BYTES)
SOME_SIZES = (0, 3, 3, 7, 3, 900, 3, 9_000, 3, 1, 3, 60, 3, MAX_BODY_BYTES, 3, MAX_BODY_BYTES + 1)
"""The large ones cost the engine a thousand times as much."""
_FILLING = b"x" * SIZES[-1]


_LINES = (
    (b"", False),
    (b"Connection: close\r\n", True),
    (b"Expect: 100-continue\r\n", False),
    (b"Connection: keep-alive\r\n", False),
    (b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n", True),
)
"""Lines of a head, and whether they make it the connection's last."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A valid request. `is_last`: it asks for the connection's end, or gets it for its size."""

    raw: bytes
    is_last: bool = False


def valid_request(choices: Choices, number: int = 0) -> Sent:
    """A request that must be answered when those before it were."""
    lines, is_last = choices.of(_LINES)
    version, is_last = choices.of(((b"1.1", is_last), (b"1.1", is_last), (b"1.0", True)))
    method = choices.of((b"POST", b"GET", b"HEAD", b"OPTIONS"))
    head = b"%s /?n=%d HTTP/%s\r\nHost: x\r\n%s" % (method, number, version, lines)
    if method != b"POST":
        return Sent(head + b"\r\n", is_last)
    size = choices.of(SOME_SIZES)
    if choices.yes() and version == b"1.1":
        parts = [_FILLING[: size // 2], _FILLING[: size - size // 2]]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part)
        return Sent(b"%sTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n" % (head, chunks), is_last)
    return Sent(b"%sContent-Length: %d\r\n\r\n%s" % (head, size, _FILLING[:size]), is_last)


def odd_request(choices: Choices) -> bytes:
    """A request whose head or body is at a limit or beyond it, or anything."""
    match choices.byte() % 6:
        case 0:
            return choices.piece()
        case 1:
            return b"GET / HTTP/1.1\r\n%s\r\n\r\n" % choices.piece()
        case 2:
            return b"GET /%s HTTP/1.1\r\n\r\n" % (b"x" * (HEAD_BYTES + choices.of((-40, 0, 40))))
        case 3:
            return b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % choices.of(SIZES)
        case 4:
            size = choices.of(SIZES) if choices.byte() > 200 else choices.of(SOME_SIZES)
            return b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s" % (size, _FILLING[:size])
        case _:
            return b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%s" % choices.piece()


def read_answers(written: bytes, heads: list[bool]) -> list[tuple[int, bytes]]:
    """Status and body of each; `heads` says which requests were HEAD. Fails where one is malformed."""
    answers: list[tuple[int, bytes]] = []
    at = 0
    while at < len(written):
        if written.startswith(_GO_ON, at):
            at += len(_GO_ON)
            continue
        head = _HEAD.match(written, at)
        assert head, f"no answer: {written[at : at + 80]!r}"
        length = _LENGTH.search(head[2])
        assert length, "an answer without its length"
        is_head = len(answers) < len(heads) and heads[len(answers)]
        size = 0 if is_head else int(length[1])
        body = written[head.end() : head.end() + size]
        assert len(body) == size, "an answer is shorter than it says"
        answers.append((int(head[1]), body))
        at = head.end() + size
    return answers
