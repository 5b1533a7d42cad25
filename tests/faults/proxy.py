"""A proxy between one consumer and ClickHouse that misbehaves on demand: resets, delays, replays.

It passes requests on as they come, so that half a body is half a body on both sides, and keeps a copy of an
INSERT, so that it can send it again.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from local.ports import HOST
from tests.faults.cargo import CARGOES
from tests.faults.schedule import Kind

_HEAD_BYTES = 1 << 20
_PIECE_BYTES, _END_BYTES = 16 << 10, 64
"""What is passed on at once of a body, and what is held back of it."""
_ANSWER_SECONDS = 60.0


@dataclass
class Mischief:
    """What is to happen to the next INSERT."""

    kind: Kind
    chance: float
    done: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class _Reset(Exception):
    """The client's connection ends here, without a word."""


@dataclass
class _Exchange:
    """One request and where it goes."""

    head: bytes
    client: asyncio.StreamReader
    engine_reader: asyncio.StreamReader
    engine: asyncio.StreamWriter
    mischief: Mischief | None
    copy: bytearray = field(default_factory=bytearray)


class Proxy:
    """One consumer's way to ClickHouse."""

    def __init__(self, engine_port: int) -> None:
        self._engine_port = engine_port
        self._armed: Mischief | None = None
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._replays: set[asyncio.Task[bytes]] = set()

    async def open(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._serve, HOST, 0, limit=_HEAD_BYTES)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Hang up."""
        if self._server:
            self._server.close()
        for line in self._lines:
            line.close()

    def arm(self, kind: Kind, chance: float) -> Mischief:
        """Do this to the next INSERT, or to the one whose body is under way."""
        self._armed = Mischief(kind, chance)
        return self._armed

    def disarm(self) -> None:
        """Do nothing more."""
        self._armed = None

    async def settled(self) -> None:
        """Wait for the replays under way."""
        if self._replays:
            await asyncio.wait(self._replays, timeout=_ANSWER_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        engine: asyncio.StreamWriter | None = None
        try:
            engine_reader, engine = await asyncio.open_connection(HOST, self._engine_port, limit=_HEAD_BYTES)
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self._exchange(_Exchange(head, reader, engine_reader, engine, None), writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, _Reset):
            pass
        finally:
            self._lines.discard(writer)
            _reset(writer)
            if engine:
                _reset(engine)

    async def _exchange(self, it: _Exchange, writer: asyncio.StreamWriter) -> None:
        line = it.head.split(b"\r\n", 1)[0]
        inserts = b"INSERT" in line and any(
            cargo.landing_table.encode() in it.head for cargo in CARGOES.values()
        )
        await self._pass_body(it, inserts)
        if inserts:
            it.mischief = it.mischief or self._take()
        if it.mischief is None:
            writer.write(await _answer(it.engine_reader))
        else:
            try:
                await _DONE[it.mischief.kind](self, it, writer)
            finally:
                if not it.mischief.done.done():
                    it.mischief.done.set_result(None)
        await writer.drain()

    def _take(self) -> Mischief | None:
        armed, self._armed = self._armed, None
        return armed

    async def _pass_body(self, it: _Exchange, inserts: bool) -> None:
        """Pass on head and body; the end of an INSERT's body is held back until its fate is known."""
        if b"transfer-encoding" in it.head.lower():
            raise ValueError("A body without a length: where would it be cut?")
        it.copy += it.head
        it.engine.write(it.head)
        left = whole = _length(it.head)
        end = min(_END_BYTES, whole)
        while left > end:
            data = await it.client.read(min(left - end, _PIECE_BYTES))
            if not data:
                raise _Reset
            left -= len(data)
            it.copy += data
            it.engine.write(data)
            await it.engine.drain()
            if inserts and self._armed and self._armed.kind is Kind.HALF and left < whole / 2:
                halved = self._take()
                assert halved
                halved.done.set_result(None)
                raise _Reset
        data = await it.client.readexactly(left)
        it.copy += data
        if inserts and (self._armed and self._armed.kind is Kind.SLOW):
            it.mischief = self._take()
            assert it.mischief
            await asyncio.sleep(it.mischief.chance)
        it.engine.write(data)

    def send_again(self, it: _Exchange, after: float = 0.0) -> "asyncio.Task[bytes]":
        """Send the copy on a connection of its own."""

        async def replay() -> bytes:
            await asyncio.sleep(after)
            reader, writer = await asyncio.open_connection(HOST, self._engine_port, limit=_HEAD_BYTES)
            try:
                writer.write(bytes(it.copy))
                return await _answer(reader)
            finally:
                writer.close()

        task = asyncio.create_task(replay())
        self._replays.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, replay: "asyncio.Task[bytes]") -> None:
        self._replays.discard(replay)
        if not replay.cancelled():
            replay.exception()  # the engine may have been killed meanwhile: that is no news


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """One whole answer of the engine, as it came."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return head + await reader.readexactly(_length(head))
    whole = bytearray(head)
    while (size_line := await reader.readuntil(b"\r\n")) != b"0\r\n":
        whole += size_line + await reader.readexactly(int(size_line, 16) + 2)
    return bytes(whole) + size_line + await reader.readexactly(2)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close by RST where that is possible: the peer sees `connection reset`."""
    with contextlib.suppress(OSError):
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _reset_after(_proxy: Proxy, it: _Exchange, _writer: asyncio.StreamWriter) -> None:
    await _answer(it.engine_reader)
    raise _Reset


async def _slow(_proxy: Proxy, it: _Exchange, writer: asyncio.StreamWriter) -> None:
    answer = await _answer(it.engine_reader)
    await asyncio.sleep(it.mischief.chance if it.mischief else 0)
    writer.write(answer)


async def _replay_after(proxy: Proxy, it: _Exchange, _writer: asyncio.StreamWriter) -> None:
    await _answer(it.engine_reader)
    await proxy.send_again(it)
    raise _Reset


async def _replay_during(proxy: Proxy, it: _Exchange, writer: asyncio.StreamWriter) -> None:
    again = proxy.send_again(it)
    first = await _answer(it.engine_reader)
    second = await again
    writer.write(first if it.mischief and it.mischief.chance < 0.5 else second)


async def _replay_late(proxy: Proxy, it: _Exchange, writer: asyncio.StreamWriter) -> None:
    writer.write(await _answer(it.engine_reader))
    proxy.send_again(it, after=2 * it.mischief.chance if it.mischief else 0)


_DONE: dict[Kind, Callable[[Proxy, _Exchange, asyncio.StreamWriter], Awaitable[None]]] = {
    Kind.RESET: _reset_after,
    Kind.HALF: _reset_after,
    Kind.SLOW: _slow,
    Kind.REPLAY_AFTER: _replay_after,
    Kind.REPLAY_DURING: _replay_during,
    Kind.REPLAY_LATE: _replay_late,
}
KINDS = frozenset(_DONE)
