"""A server that answers as a registry in trouble does; what a healthy one says, a real one is asked for."""

import contextlib
import http.server
import threading
from collections.abc import Iterator

from local.ports import HOST


class Answering(http.server.ThreadingHTTPServer):
    """Answers everything alike, and remembers who asked."""

    answer = 200, b"{}"
    asked = 0
    authorization: str | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}/apis"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self._answer()

    do_POST = do_PUT = do_GET  # noqa: N815  as http.server names them

    def _answer(self) -> None:
        assert isinstance(self.server, Answering)
        self.server.asked += 1
        self.server.authorization = self.headers["Authorization"]
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def answering_registry() -> Iterator[Answering]:
    """One, until the block ends."""
    with Answering((HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
