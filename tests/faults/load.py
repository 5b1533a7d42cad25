"""The load: clients that send batches steadily, and send the same batch again until it is acknowledged.

As an SDK does, a client repeats a batch unchanged after a 503, a reset or a time-out; now and then one sends
an acknowledged batch once more, as if the answer had been lost.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from local.ports import HOST
from tests.faults.cargo import Cargo

LEAST_CONNECTIONS = 8
_BATCHES_A_CONNECTION = 6.25
"""A second; so few that a batch sent again, after a pause of up to two seconds, holds up no other."""
SENT_AGAIN_SHARE = 0.03
_ANSWER_SECONDS = 6.0
_RETRY_SECONDS = 0.2
_LAST_TRY_SECONDS = 30.0


@dataclass
class Ledger:
    """Which batches were begun, and which the collector has acknowledged."""

    begun: int = 0
    acknowledged: set[int] = field(default_factory=set)
    repeated: int = 0
    """Requests that sent a batch another time."""
    seconds: float = 0.0
    """How long batches were begun."""


class Load:
    """Sends while it is entered; leaving it ends the batches under way."""

    def __init__(self, port: int, batches_a_second: float, seed: int, cargo: Cargo) -> None:
        self.ledger = Ledger()
        self._port, self._cargo = port, cargo
        self._connections = max(LEAST_CONNECTIONS, round(batches_a_second / _BATCHES_A_CONNECTION))
        self._pace = self._connections / batches_a_second
        self._chance = random.Random(f"load/{seed}")
        self._stopping = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load, until the block ends; then each batch under way is acknowledged or given up after a while."""
        self._stopping.clear()
        began = time.monotonic()
        clients = [asyncio.create_task(self._client()) for _ in range(self._connections)]
        try:
            yield
        finally:
            self._stopping.set()
            self.ledger.seconds += time.monotonic() - began
            await asyncio.wait(clients, timeout=_LAST_TRY_SECONDS)
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)

    async def _client(self) -> None:
        line, due = _Line(self._port, self._cargo), time.monotonic()
        while not self._stopping.is_set():
            due += self._pace
            batch = self.ledger.begun
            self.ledger.begun += 1
            raw = self._cargo.request(batch)  # once: a repeated batch is the same to the byte
            await self._until_acknowledged(line, batch, raw)
            if self._chance.random() < SENT_AGAIN_SHARE:
                await self._wait(2 * self._chance.random())
                self.ledger.repeated += 1
                await self._until_acknowledged(line, batch, raw)
            await self._wait(due - time.monotonic())  # at once, when an answer came late
        line.hang_up()

    async def _until_acknowledged(self, line: "_Line", batch: int, raw: bytes) -> None:
        while not await line.send(raw):
            self.ledger.repeated += 1
            await asyncio.sleep(_RETRY_SECONDS)
        self.ledger.acknowledged.add(batch)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


class _Line:
    """One client's connection, made anew after each failure."""

    def __init__(self, port: int, cargo: Cargo) -> None:
        self._port, self._cargo = port, cargo
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, raw: bytes) -> bool:
        """Whether the collector acknowledged all of it."""
        try:
            return await asyncio.wait_for(self._exchange(raw), _ANSWER_SECONDS)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            self.hang_up()
            return False

    async def _exchange(self, raw: bytes) -> bool:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        self._writer.write(raw)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        answer = await self._reader.readexactly(length)
        if self._cargo.is_acknowledged(head, answer):
            return True
        if not head.startswith(b"HTTP/1.1 503"):
            raise AssertionError(f"the collector answered {head[:60]!r} {answer[:300]!r}")
        return False

    def hang_up(self) -> None:
        """Close the connection."""
        if self._writer:
            self._writer.close()
            self._writer = None
