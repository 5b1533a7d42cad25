"""A load generator on bare asyncio protocols: cheap enough that the collector is what is measured."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence

import uvloop

from local.ports import HOST

_LATE_SECONDS = 30.0


def request(body: bytes) -> bytes:
    """One batch as raw HTTP."""
    head = (
        "POST /v1/events HTTP/1.1\r\nHost: bench\r\nContent-Type: text/plain\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def traces_request(body: bytes, key: str) -> bytes:
    """One OTLP request as raw HTTP."""
    head = (
        "POST /v1/traces HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-protobuf\r\n"
        f"User-Agent: OTel-OTLP-Exporter-Python/1.45.2\r\nx-sillage-key: {key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Visitor(asyncio.Protocol):
    """One connection, one request at a time; tells each answer's status."""

    def __init__(self, answered: "Callable[[Visitor, bytes], None]") -> None:
        self._answered = answered
        self._received = b""
        self._transport: asyncio.Transport
        self.raw, self.due = b"", 0.0
        """The request that is out, and when it was due on the monotonic clock."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = transport  # type: ignore[assignment]

    def send(self, raw: bytes, due: float = 0.0) -> None:
        """Send a request; the one before must be answered."""
        self.raw, self.due = raw, due
        self._transport.write(raw)

    def data_received(self, data: bytes) -> None:
        """Tell the status once the answer is whole."""
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found or len(rest) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        self._received = b""
        self._answered(self, head[9:12])

    def close(self) -> None:
        """Leave, without an answer that is still to come."""
        self._transport.close()


async def connect(port: int, connections: int, answered: Callable[[Visitor, bytes], None]) -> list[Visitor]:
    """So many visitors, connected; `answered` hears of each answer's status."""
    loop = asyncio.get_running_loop()
    made = (loop.create_connection(lambda: Visitor(answered), HOST, port) for _ in range(connections))
    return [visitor for _, visitor in await asyncio.gather(*made)]


def _must_be_taken(status: bytes) -> None:
    if status not in (b"200", b"202"):
        raise AssertionError(f"the collector answered {status.decode()}")


async def _closed_loop(port: int, requests: Sequence[bytes], connections: int) -> None:
    waiting, statuses = iter(requests), Counter[bytes]()
    done = asyncio.get_running_loop().create_future()

    def answered(visitor: Visitor, status: bytes) -> None:
        statuses[status] += 1
        if (raw := next(waiting, None)) is not None:
            visitor.send(raw)
        elif statuses.total() == len(requests):
            done.set_result(None)

    visitors = await connect(port, connections, answered)
    for visitor, raw in zip(visitors, waiting, strict=False):
        visitor.send(raw)
    await done
    for visitor in visitors:
        visitor.close()
    for status in statuses:
        _must_be_taken(status)


def all_at_once(port: int, requests: Sequence[bytes], connections: int) -> None:
    """Send them all, each connection its next when the last is answered; more requests than connections."""
    uvloop.run(_closed_loop(port, requests, connections))


Refused = Callable[[bytes], None]


class _Steady:
    """Requests at a steady rate.

    Latency counts from when a request was due, so that a stall is seen by all that wait behind it.
    """

    def __init__(self, refused: Refused | None) -> None:
        self.latencies: list[float] = []
        self.statuses = Counter[bytes]()
        self._refused = refused
        self._idle: deque[Visitor] = deque()
        self._late: deque[tuple[bytes, float]] = deque()
        self._all_idle = asyncio.Event()
        self._connections = 0

    def answered(self, visitor: Visitor, status: bytes) -> None:
        if status == b"503" and self._refused:
            self._refused(visitor.raw)
        else:
            self.statuses[status] += 1
            self.latencies.append(time.monotonic() - visitor.due)
        if self._late:
            visitor.send(*self._late.popleft())
            return
        self._idle.append(visitor)
        if len(self._idle) == self._connections:
            self._all_idle.set()

    async def run(self, visitors: list[Visitor], requests: Iterable[bytes], rate: float) -> None:
        self._idle.extend(visitors)
        self._connections = len(visitors)
        start = time.monotonic()
        for number, raw in enumerate(requests):
            due = start + number / rate
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            elif not number % 16:
                await asyncio.sleep(0)  # behind time: the answers have to be read all the same
            if self._idle:
                self._all_idle.clear()
                self._idle.popleft().send(raw, due)
            else:
                self._late.append((raw, due))
        await asyncio.wait_for(self._all_idle.wait(), _LATE_SECONDS)


async def _open_loop(
    port: int, requests: Iterable[bytes], rate: float, connections: int, refused: Refused | None
) -> list[float]:
    steady = _Steady(refused)
    visitors = await connect(port, connections, steady.answered)
    await steady.run(visitors, requests, rate)
    for visitor in visitors:
        visitor.close()
    for status in steady.statuses:
        _must_be_taken(status)
    return sorted(steady.latencies)


def at_rate(
    port: int,
    requests: Iterable[bytes],
    rate: float,
    connections: int = 64,
    refused: Refused | None = None,
) -> list[float]:
    """Send them at a steady rate; the latencies in seconds of those that were taken, least first.

    `refused` is told of each request that a 503 answers; without it none may be.
    """
    return uvloop.run(_open_loop(port, requests, rate, connections, refused))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of the ordered values lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
