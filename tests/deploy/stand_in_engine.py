"""A stand-in for the Docker engine: what testcontainers uses of its API, with processes as containers."""

import json
import re
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from local.ports import HOST

API_VERSION = "1.44"


@dataclass
class Container:
    """One container as its creator described it."""

    image: str
    environ: dict[str, str]
    ports: dict[int, tuple[str, int]]
    """The address that each of its ports is published on."""
    process: "subprocess.Popen[bytes] | None" = None


Run = Callable[[Container], "subprocess.Popen[bytes]"]
"""Starts a real server in place of an image."""


@dataclass
class Engine:
    """The containers there are, and what stands in for each image, by the image's name without its tag."""

    images: Mapping[str, Run]
    containers: dict[str, Container] = field(default_factory=dict)
    removed: list[Container] = field(default_factory=list)

    def create(self, asked: dict[str, Any]) -> str:
        published = asked["HostConfig"]["PortBindings"]
        container_id = uuid.uuid4().hex
        self.containers[container_id] = Container(
            image=asked["Image"],
            environ=dict(entry.split("=", 1) for entry in asked["Env"]),
            ports={
                int(port.removesuffix("/tcp")): (bound[0]["HostIp"], int(bound[0]["HostPort"]))
                for port, bound in published.items()
            },
        )
        return container_id

    def start(self, container_id: str) -> None:
        container = self.containers[container_id]
        container.process = self.images[container.image.partition(":")[0]](container)

    def remove(self, container_id: str) -> None:
        container = self.containers.pop(container_id)
        self.removed.append(container)
        if container.process:
            container.process.kill()
            container.process.wait()


class _Handler(BaseHTTPRequestHandler):
    """One request of the API. Paths begin with the version, except for the question which one it is."""

    engine: Engine

    def do_GET(self) -> None:
        kind, name, what = self._path()
        if kind == "version":
            self._answer({"ApiVersion": API_VERSION, "MinAPIVersion": API_VERSION})
        elif what == "logs":
            self._answer(None)
        else:
            self._answer({"Id": name, "Config": {"Tty": False, "Image": name}})

    def do_POST(self) -> None:
        _, name, what = self._path()
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if name == "create":
            self._answer({"Id": self.engine.create(json.loads(body)), "Warnings": []}, 201)
        elif what == "start":
            self.engine.start(name)
            self._answer(None, 204)

    def do_DELETE(self) -> None:
        self.engine.remove(self._path()[1])
        self._answer(None, 204)

    def log_message(self, *_: object) -> None:
        pass

    def _path(self) -> tuple[str, str, str]:
        """What is asked about, which one, and what of it: `containers`, an id, `start`."""
        path = re.sub(r"^/v[\d.]+/", "/", urlsplit(self.path).path)
        kind, _, rest = path.strip("/").partition("/")
        name, _, what = rest.rpartition("/") if "/" in rest else (rest, "", "")
        return kind, name, what

    def _answer(self, content: object, status: int = 200) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(engine: Engine) -> Iterator[str]:
    """Serve the API; gives its address as DOCKER_HOST takes it. No process outlives the block."""
    handler = type("Handler", (_Handler,), {"engine": engine})
    server = ThreadingHTTPServer((HOST, 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"tcp://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        for container_id in list(engine.containers):
            engine.remove(container_id)
