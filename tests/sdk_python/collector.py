"""A collector that records what it is sent and answers as a test says; it keeps connections open."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DEADLINE_S = 20


@dataclass(frozen=True)
class Request:
    """One request: path, headers in lower case, body as it came and decoded, and the client's port."""

    path: str
    headers: dict[str, str]
    body: bytes
    batch: dict[str, Any]
    port: int


@dataclass(frozen=True)
class Answer:
    """What to answer; `after` is called first, and `cut` closes the connection without an answer."""

    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    content: dict[str, Any] | None = None
    cut: bool = False
    after: Callable[[Request], object] = lambda _: None


@dataclass
class Collector:
    """Takes all, or answers what the test put into `answers`; records every request."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    """While clear, no answer leaves: requests stay under way."""
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def record(self, request: Request) -> Answer:
        """Keep a request and give its answer."""
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            answer = self.answers.pop(0) if self.answers else Answer()
        self.open.wait(DEADLINE_S)
        return answer

    @property
    def batches(self) -> list[dict[str, Any]]:
        """The batches so far, retries included."""
        return [request.batch for request in list(self.requests)]

    @property
    def names(self) -> list[str]:
        """The names of the events so far, retries included."""
        return [event["name"] for batch in self.batches for event in batch["events"]]

    def wait_for_requests(self, count: int) -> list[Request]:
        """Wait until so many requests have arrived."""
        with self._changed:
            reached = self._changed.wait_for(lambda: len(self.requests) >= count, DEADLINE_S)
            assert reached, f"the collector received {self.requests}"
        return self.requests


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Clients that did not wait for the answer are part of the tests."""


@contextmanager
def serve() -> Iterator[Collector]:
    """Run a recording collector on a free port."""
    collector = Collector()
    collector.open.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            plain = gzip.decompress(body) if "content-encoding" in headers else body
            request = Request(self.path, headers, body, json.loads(plain), self.client_address[1])
            answer = collector.record(request)
            answer.after(request)
            if answer.cut:
                self.close_connection = True
                return
            content = answer.content or {"accepted": len(request.batch["events"]), "refused": []}
            self._send(answer.status, answer.headers, json.dumps(content).encode())

        def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep the test's output to the test."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        collector.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield collector
        finally:
            collector.open.set()
            server.shutdown()
            thread.join()
