"""A ClickHouse HTTP client with nothing of its own: what is sent and answered is what a test sees."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> int:
        """ClickHouse's error code; 0 for success."""
        return int(self.headers.get("X-ClickHouse-Exception-Code", 0))


@dataclass(frozen=True)
class Server:
    """Where a ClickHouse is, and how to be let in; nothing else is known to the suite."""

    url: str
    password: str
    database: str = "default"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 8123

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, self.port, timeout=30)

    def headers(self, **more: str) -> dict[str, str]:
        return {"X-ClickHouse-User": "default", "X-ClickHouse-Key": self.password} | more

    def ask(
        self,
        query: str = "",
        data: bytes = b"",
        parameters: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> Answer:
        """Send one query in the URL, its data in the body."""
        arguments = {"database": self.database} | ({"query": query} if query else {}) | more
        arguments.update(parameters or {})
        connection = self.connect()
        try:
            sent = self.headers() if headers is None else dict(headers)
            connection.request(method, "/?" + urlencode(arguments), data, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def do(self, query: str, data: bytes = b"", **parameters: str) -> str:
        """Send one query that must succeed."""
        answer = self.ask(query, data, parameters)
        assert answer.status == 200, answer.text
        return answer.text

    def count(self, table: str) -> int:
        return int(self.do(f"SELECT count() FROM {table}"))
