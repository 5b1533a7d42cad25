"""Certificates of a test's own, and a front that speaks TLS before a server which does not."""

import asyncio
import contextlib
import functools
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from local.ports import HOST

_BYTES = 1 << 16


class Authority:
    """An authority, and the certificate of a server on this machine that it has signed."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.file, self.server_file = directory / "authority.pem", directory / "server.pem"
        """The authority's certificate; the server's private key with its certificate and chain."""
        authority = trustme.CA()
        server = authority.issue_cert("localhost", HOST)
        authority.cert_pem.write_to_path(str(self.file))
        key = load_pem_private_key(server.private_key_pem.bytes(), None)
        # Java reads keys in PKCS #8 alone, OpenSSL in any form.
        encoded = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.server_file.write_bytes(encoded + b"".join(pem.bytes() for pem in server.cert_chain_pems))

    @contextlib.contextmanager
    def front(self, port: int) -> Iterator[int]:
        """A port that speaks TLS, and passes all on to this one until the block ends."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file)
        loop = asyncio.new_event_loop()
        ends: set[asyncio.StreamWriter] = set()
        pass_on = functools.partial(_pass_on, port, ends)
        server = loop.run_until_complete(asyncio.start_server(pass_on, HOST, 0, ssl=context))
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            server.close()
            loop.run_until_complete(_hang_up(loop, ends))
            loop.close()


async def _pass_on(
    port: int, ends: set[asyncio.StreamWriter], near: asyncio.StreamReader, near_end: asyncio.StreamWriter
) -> None:
    far, far_end = await asyncio.open_connection(HOST, port)
    ends |= {near_end, far_end}
    await asyncio.gather(_copy(near, far_end), _copy(far, near_end))
    ends -= {near_end, far_end}


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Until one side hangs up, which the other is told by the same."""
    with contextlib.suppress(OSError):
        while data := await source.read(_BYTES):
            target.write(data)
            await target.drain()
    with contextlib.suppress(OSError):
        target.close()
        await target.wait_closed()


async def _hang_up(loop: asyncio.AbstractEventLoop, ends: set[asyncio.StreamWriter]) -> None:
    for end in ends:
        end.close()
    await asyncio.gather(*(asyncio.all_tasks(loop) - {asyncio.current_task(loop)}), return_exceptions=True)
