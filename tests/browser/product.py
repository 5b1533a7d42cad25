"""A product with a back end: its pages have the SDK, and its server remembers what it was asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.browser.servers import serving

PAGE = Path(__file__).with_name("page.html")
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*, traceparent",
    "Access-Control-Allow-Methods": "*",
}


@dataclass(frozen=True)
class Asked:
    """One request as the product's server saw it, headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def trace_id(self) -> str:
        """The trace that the request says it belongs to."""
        version, trace_id, _parent, _flags = self.headers["traceparent"].split("-")
        assert version == "00"
        return trace_id


@dataclass
class Product:
    """Where the product is, and what its paths below `/api/` were asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    def only(self, path: str) -> Asked:
        """The one request for a path."""
        (found,) = (request for request in self.asked if request.path == path)
        return found


@contextmanager
def serve_product(collector_url: str, attributes: str = "") -> Iterator[Product]:
    """Serve page.html on every path but those below `/api/`; `attributes` are added to the SDK's tag."""
    product = Product()
    text = PAGE.read_text().replace("COLLECTOR", collector_url).replace("<script async", "<script ATTRIBUTES")
    page = text.replace("ATTRIBUTES", attributes).encode()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            is_page = not self.path.startswith("/api/")
            if not is_page:
                headers = {name.lower(): value for name, value in self.headers.items()}
                product.asked.append(Asked(self.command, self.path, headers, body))
            text = page if is_page else b'{"done": true}'
            self.send_response(404 if "missing" in self.path else 200)
            kind = "text/html" if is_page else "application/json"
            for name, value in {"Content-Type": kind, "Content-Length": str(len(text)), **CORS}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Keep the test's output to the test."""

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler.answer)
    with serving(Handler) as product.url:
        yield product
