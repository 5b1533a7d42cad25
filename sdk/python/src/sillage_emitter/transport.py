"""One attempt at a time over one kept connection."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from sillage_emitter.answers import Outcome, Unanswered, read_answer
from sillage_emitter.settings import Settings
from sillage_emitter.texts import in_one_line
from sillage_emitter.version import __version__

_MOST_ANSWER_BYTES = 1 << 20


@dataclass(frozen=True)
class Endpoint:
    """Where batches go, and with which key."""

    host: str
    port: int | None
    path: str
    tls: bool
    key: str = field(repr=False)

    @classmethod
    def of(cls, url: object, key: object) -> Endpoint:
        """Read the collector's address and the secret key; raises ValueError with what is wrong."""
        if not isinstance(url, str) or not isinstance(key, str):
            raise ValueError("url and key are texts.")
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("url is the collector's address, such as https://telemetry.example.")
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("key is a secret key, sk_…: printable ASCII without spaces.")
        path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~") + "/v1/events"
        return cls(parts.hostname, parts.port, path, parts.scheme == "https", key)


class Transport:
    """Posts bodies to the collector; used by one thread. Knows no proxy."""

    def __init__(self, endpoint: Endpoint, settings: Settings) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._connection: http.client.HTTPConnection | None = None

    def post(self, body: bytes, time_left: float) -> Outcome:
        """Make one attempt, no step of which outlasts the time-out or the time left. Never raises."""
        headers = {
            "Authorization": f"Bearer {self._endpoint.key}",
            "Content-Type": "application/json",
            "User-Agent": f"sillage-emitter/{__version__}",
        }
        if self._settings.gzip_above is not None and len(body) > self._settings.gzip_above:
            body = gzip.compress(body, 5)
            headers["Content-Encoding"] = "gzip"
        timeout_s = max(0.001, min(self._settings.timeout_s, time_left))
        kept = self._connection is not None
        try:
            try:
                return self._exchange(body, headers, timeout_s)
            except ConnectionError:
                if not kept:
                    raise
                # The server had closed the connection while nothing was sent over it, which is its right.
                self.close()
                return self._exchange(body, headers, timeout_s)
        except Exception as error:  # the thread must live, whatever a network comes up with
            self.close()
            return Unanswered(in_one_line(f"{type(error).__name__}: {error}"))

    def _exchange(self, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Outcome:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.timeout = timeout_s
        if self._connection.sock is not None:
            self._connection.sock.settimeout(timeout_s)
        self._connection.request("POST", self._endpoint.path, body, headers)
        with self._connection.getresponse() as response:
            # Without a limit, `read` raises when the answer is cut off; with one, it does not.
            short = response.length is not None and response.length <= _MOST_ANSWER_BYTES
            content = response.read() if short else response.read(_MOST_ANSWER_BYTES)
            if response.will_close or not response.isclosed():
                self.close()
            return read_answer(response.status, response.getheader("Retry-After"), content)

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._endpoint.host, self._endpoint.port
        if not self._endpoint.tls:
            return http.client.HTTPConnection(host, port)
        return http.client.HTTPSConnection(
            host, port, context=self._settings.ssl_context or ssl.create_default_context()
        )

    def close(self) -> None:
        """Close the connection; the next attempt opens another. Never raises."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()
