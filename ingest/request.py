"""From the bytes of a connection to whole requests, with everything that a client may send bounded.

httptools (llhttp) parses; what is kept of a request, and how much, is decided here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import httptools

from ingest.crowd import Crowd
from ingest.limits import HEAD_BYTES
from ingest.refusals import Refusal, RefuseRequest
from ingest.wire import MAX_BODY_BYTES

Headers = dict[bytes, bytes]

MOST_BYTES_UNKEPT = 9 * MAX_BODY_BYTES
"""What is a little too large is read to its end, unkept: a client that is cut off while it sends sees a
broken connection and not the answer."""


@dataclass(slots=True)
class Request:
    """One whole request. `received_at`, in Unix milliseconds, is when its headers had come."""

    method: bytes
    target: bytes
    headers: Headers
    """By lower-case name; several lines of one name are one list, as RFC 9110 says."""
    body: bytes | None
    """None: too large, and not kept."""
    peer: str
    received_at: int
    keep_alive: bool

    def forget(self, crowd: Crowd) -> None:
        """Count its body no longer: it is being answered, or never will be."""
        crowd.body_bytes -= len(self.body or b"")


class RequestReader:
    """Is fed with a connection's bytes, and gives each whole request to `done`.

    Its body stays counted among the crowd's until the request is told to `forget` it.
    `feed` raises RefuseRequest for what is no request or too much; then the connection is to be closed.
    """

    def __init__(
        self,
        crowd: Crowd,
        peer: str,
        most_body_bytes: Callable[[bytes, Headers], int],
        headers_came: Callable[[bool], None],
        done: Callable[[Request], None],
    ) -> None:
        """`most_body_bytes` tells of a target and headers how large a body may be, where it is a large one.

        `headers_came` is told whether the client waits for a sign to send the body.
        """
        self._crowd, self._peer, self._most_body_bytes = crowd, peer, most_body_bytes
        self._headers_came, self._done = headers_came, done
        self._parser = httptools.HttpRequestParser(self)
        self._fault: Refusal | None = None
        self._held = 0
        self.is_inside = False
        """Whether a request has begun and not ended."""
        self._begin()

    def _begin(self) -> None:
        self.target = b""
        self.headers: Headers = {}
        self._body: bytes | bytearray = b""
        self._head_bytes = self._unparsed_bytes = self._body_bytes = self._received_at = 0
        self._is_unkept = False

    @property
    def awaits_headers(self) -> bool:
        """Whether a request has begun whose headers have not all come."""
        return self.is_inside and not self._received_at

    def feed(self, data: bytes) -> None:
        """Parse what has come."""
        if self.awaits_headers:  # what was parsed of a head before is too little to know its size
            self._unparsed_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # the request that asks for another protocol is answered in this one, as the last
        except httptools.HttpParserError:
            self._fault = self._fault or Refusal.MALFORMED_REQUEST
        if self.awaits_headers and self._unparsed_bytes > HEAD_BYTES:
            self._fault = Refusal.HEAD_TOO_LARGE
        if self._held and self._crowd.is_full_of_bodies:  # what came whole at once has not been held
            self._fault = self._fault or Refusal.BUSY
        if self._fault:
            raise RefuseRequest(self._fault)

    def close(self) -> None:
        """Forget what has come of an unfinished request."""
        self._crowd.body_bytes -= self._held
        self._held = 0
        self._body = b""

    # What httptools calls, in this order, for each request.

    def on_message_begin(self) -> None:  # noqa: D102
        self._begin()
        self.is_inside = True

    def on_url(self, url: bytes) -> None:  # noqa: D102
        if self._has_room(len(url)):
            self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:  # noqa: D102
        # Behind the body come trailers: whoever writes those must not be taken for who wrote the head.
        if not self._has_room(len(name) + len(value)) or self._received_at:
            return
        name = name.lower()
        if (before := self.headers.get(name)) is not None:
            value = before + b", " + value
        self.headers[name] = value

    def on_headers_complete(self) -> None:  # noqa: D102
        self._received_at = time.time_ns() // 1_000_000
        if self._is_above(int(self.headers.get(b"content-length", b"0")), MOST_BYTES_UNKEPT):
            self._fault = Refusal.BODY_TOO_LARGE
        else:
            self._headers_came(b"expect" in self.headers)

    def on_body(self, piece: bytes) -> None:  # noqa: D102
        self._body_bytes += len(piece)
        if self._fault:
            return
        if self._is_unkept or self._is_above(self._body_bytes):
            self._is_unkept = True
            self.close()
            if self._is_above(self._body_bytes, MOST_BYTES_UNKEPT):
                self._fault = Refusal.BODY_TOO_LARGE
            return
        self._held += len(piece)
        self._crowd.body_bytes += len(piece)
        if not self._body:
            self._body = piece
            return
        if isinstance(self._body, bytes):  # bytes would be copied whole for each piece
            self._body = bytearray(self._body)
        self._body += piece

    def on_message_complete(self) -> None:  # noqa: D102
        self.is_inside = False
        if self._fault:
            return
        request = Request(
            self._parser.get_method(),
            self.target,
            self.headers,
            None if self._is_unkept else bytes(self._body),
            self._peer,
            self._received_at,
            self._keeps_alive(),
        )
        self._held, self._body = 0, b""
        self._done(request)

    def _is_above(self, size: int, besides: int = 0) -> bool:
        """Whether so many bytes are more than the body may have, and so many besides."""
        return size > MAX_BODY_BYTES + besides and (
            size > self._most_body_bytes(self.target, self.headers) + besides
        )

    def _has_room(self, size: int) -> bool:
        """Count a part of the head or of the trailers, each line with its colon and end."""
        self._head_bytes += size + 4
        if self._head_bytes > HEAD_BYTES:
            self._fault = self._fault or Refusal.HEAD_TOO_LARGE
        return not self._fault

    def _keeps_alive(self) -> bool:
        parser = self._parser
        return (
            parser.should_keep_alive() and parser.get_http_version() == "1.1" and not parser.should_upgrade()
        )
