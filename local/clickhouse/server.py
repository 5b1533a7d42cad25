"""uvicorn around the interface, and an orderly stop."""

import signal
import socket
import sys

import uvicorn

from local.clickhouse.access import Users
from local.clickhouse.app import HttpInterface
from local.clickhouse.engine import Engine

_KEEP_ALIVE_S = 60  # uvicorn's 5 s would close connections that naive clients still trust
_LINGER_S = 2  # for the answers under way once no INSERT is


class _Server(uvicorn.Server):
    """uvicorn, which drains the interface before it closes connections."""

    def __init__(self, interface: HttpInterface) -> None:
        self._interface = interface
        settings = uvicorn.Config(
            interface,
            loop="uvloop",
            http="httptools",
            lifespan="off",
            log_level="warning",
            access_log=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_LINGER_S,
        )
        super().__init__(settings)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._interface.drain()
        await super().shutdown(sockets)


def serve(listener: socket.socket, users: Users) -> None:
    """Serve the working directory's data until SIGTERM or SIGINT; the INSERTs under way then still end."""
    engine = Engine()
    # uvicorn raises the signal that stopped it once more when it is done: that ends the process in order.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    try:
        _Server(HttpInterface(engine, users)).run(sockets=[listener])
    finally:
        engine.close()
