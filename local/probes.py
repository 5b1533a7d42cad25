"""How the supervisor learns that a part can be used: by asking it over HTTP, or by being told."""

import asyncio
import contextlib
import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

POLL_SECONDS = 0.05
_ANSWER_SECONDS = 2.0
_SOCKET_PATH_BYTES = 100  # a Unix socket's path: 108 bytes on Linux, 104 on macOS


async def until_http_ok(host: str, port: int, path: str) -> None:
    """Ask until the answer is 200."""
    while True:
        with contextlib.suppress(OSError, TimeoutError):
            if await asyncio.wait_for(_status(host, port, path), _ANSWER_SECONDS) == b"200":
                return
        await asyncio.sleep(POLL_SECONDS)


async def _status(host: str, port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        status_line = await reader.readline()
        return status_line[9:12]
    finally:
        writer.close()


class NotifySocket:
    """Where a part says that it is ready, as `runtime.notify` does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))

    async def until_ready(self) -> None:
        """Wait for READY=1."""
        loop = asyncio.get_running_loop()
        while b"READY=1" not in (await loop.sock_recv(self._socket, 4096)).split(b"\n"):
            pass

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()
        self.path.unlink(missing_ok=True)


@contextlib.contextmanager
def notify_sockets(directory: Path, names: Iterable[str]) -> Iterator[dict[str, NotifySocket]]:
    """Listen with a `notify_socket` for each of these parts."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(notify_socket(directory, name)) for name in names}


@contextlib.contextmanager
def notify_socket(directory: Path, name: str) -> Iterator[NotifySocket]:
    """Listen in the directory, or in a temporary one when the path would be too long for a socket."""
    path = directory / f"{name}.notify"
    spare = None
    if len(bytes(path)) > _SOCKET_PATH_BYTES:
        spare = tempfile.mkdtemp(prefix="sillage-")
        path = Path(spare) / path.name
    path.unlink(missing_ok=True)
    listening = NotifySocket(path)
    try:
        yield listening
    finally:
        listening.close()
        if spare:
            shutil.rmtree(spare, ignore_errors=True)
