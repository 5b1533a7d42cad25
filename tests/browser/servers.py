"""Two small HTTP servers for the browser tests: the site, and a collector that records what it is sent."""

import json
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SDK = Path(__file__).parents[2] / "sdk" / "dist"
Answer = tuple[int, dict[str, str]] | tuple[int, dict[str, str], str]
"""Status (0: the connection is cut), headers, and the body where it is not what the collector says itself."""
PAGE = Path(__file__).with_name("page.html")
DEADLINE_S = 20


@dataclass(frozen=True)
class Request:
    """What the collector saw of one request: method, headers in lower case, decoded JSON, bytes of body."""

    method: str
    path: str
    headers: dict[str, str]
    batch: dict[str, Any]
    size: int


@dataclass
class Collector:
    """Answers `POST /v1/events` with 202, or with what the test put into `answers`; records all requests."""

    url: str = ""
    upstream: str = ""
    """Address of a real collector, which is asked where the test has no answer."""
    garbles: int = 0
    """How many of its answers do not come through whole."""
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
            is_batch = request.method == "POST"
            answer = self.answers.pop(0) if self.answers and is_batch else None
        self.open.wait(DEADLINE_S)
        return answer or self._real_answer(request)

    def _real_answer(self, request: Request) -> Answer:
        if not self.upstream:
            taken = {"accepted": len(request.batch.get("events", [])), "refused": []}
            return 202, {}, json.dumps(taken)
        headers = {name: request.headers[name] for name in ("content-type", "origin", "user-agent")}
        body = json.dumps(request.batch).encode()
        asked = urllib.request.Request(self.upstream + request.path, body, headers)
        with urllib.request.urlopen(asked, timeout=DEADLINE_S) as answer:
            status, text = answer.status, answer.read().decode()
        if self.garbles:
            self.garbles -= 1
            text = text[:5]
        return status, {}, text

    def batches(self) -> list[dict[str, Any]]:
        """The batches received so far, retries included."""
        return [request.batch for request in list(self.requests) if request.method == "POST"]

    def events(self) -> list[dict[str, Any]]:
        """The events received so far, retries included."""
        return [event for batch in self.batches() for event in batch["events"]]

    def wait_for_batches(self, count: int) -> list[dict[str, Any]]:
        """Wait until `count` batches have arrived."""
        self.wait_until(lambda: len(self.batches()) >= count)
        return self.batches()

    def wait_for(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until `count` events of this name have arrived, and give them."""
        self.wait_until(lambda: len(self._named(name)) >= count)
        return self._named(name)

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Wait until the requests satisfy `reached`; an AssertionError shows what came instead."""
        with self._changed:
            assert self._changed.wait_for(reached, DEADLINE_S), f"the collector received {self.requests}"

    def _named(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events() if event["name"] == name]


@contextmanager
def serve_collector(upstream: str = "") -> Iterator[Collector]:
    """Run a recording collector on a free port; like the real one it serves the SDK."""
    collector = Collector(upstream=upstream)
    collector.open.set()

    class Handler(_QuietHandler):
        def do_GET(self) -> None:
            served = SDK / "served" / self.path.removeprefix("/sdk/")
            file = SDK / "sillage.min.js" if self.path == "/sillage.js" else served
            self.answer(200, "text/javascript", file.read_bytes(), CORS)

        def do_OPTIONS(self) -> None:
            collector.record(Request("OPTIONS", self.path, self.lower_headers(), {}, 0))
            self.answer(204, "text/plain", b"", {"Access-Control-Allow-Headers": "*"} | CORS)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = Request("POST", self.path, self.lower_headers(), json.loads(body), len(body))
            status, headers, text = (*collector.record(request), "")[:3]
            if status:
                self.answer(status, "application/json", text.encode(), headers | CORS)
            else:
                self.close_connection = True

    with serving(Handler) as collector.url:
        yield collector
        collector.open.set()


@contextmanager
def serve_page(collector_url: str, port: int = 0) -> Iterator[str]:
    """Serve page.html, with the SDK from `collector_url`, on every path.

    Except `/blank`, a page without the SDK, and modules of its ESM build, such as `/sillage.mjs`. Pages below
    `/strict` have a strict Content-Security-Policy, and load the SDK by the name that holds its hash.
    """
    page = PAGE.read_text().replace("COLLECTOR", collector_url)
    strict = _with_nonces(page)

    class Handler(_QuietHandler):
        def do_GET(self) -> None:
            if self.path.endswith(".mjs"):
                return self.answer(200, "text/javascript", (SDK / self.path[1:]).read_bytes())
            if self.path == "/blank":
                return self.answer(200, "text/html", b"<!doctype html><title>No SDK here</title>")
            if self.path.startswith("/strict"):
                policy = {"Content-Security-Policy": f"{POLICY}; connect-src {collector_url}"}
                return self.answer(200, "text/html", strict.encode(), policy)
            return self.answer(200, "text/html", page.encode())

    with serving(Handler, port) as url:
        yield url


POLICY = (
    "default-src 'none'; base-uri 'none'; script-src 'nonce-n0nce' 'strict-dynamic'; style-src 'nonce-n0nce';"
    " require-trusted-types-for 'script'; trusted-types sillage"
)


def _with_nonces(page: str) -> str:
    about = json.loads((SDK / "served" / "sillage.json").read_text())
    checked = f'sdk/{about["file"]}" integrity="{about["integrity"]}" crossorigin="anonymous"'
    page = page.replace('sillage.js"', checked).replace(' data-vitals="off"', "")
    return re.sub(r"<(script|style)\b", r'<\1 nonce="n0nce"', page)


CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}


class _QuietHandler(BaseHTTPRequestHandler):
    """Answers, and keeps the test's output to the test."""

    def answer(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def lower_headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serve_files(found: Callable[[str], tuple[str, bytes]]) -> Iterator[str]:
    """Serve what `found` gives for each path: its content type and bytes."""

    class Handler(_QuietHandler):
        def do_GET(self) -> None:
            self.answer(200, *found(self.path))

    with serving(Handler) as url:
        yield url


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[str]:
    """Run a server of this handler on loopback; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
