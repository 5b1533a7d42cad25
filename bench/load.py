"""A load generator on raw asyncio streams: cheap enough that the collector, not it, is what is measured."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

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


async def _send(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes, may_refuse: bool = False
) -> bool:
    """Whether it was taken; a 503 must be allowed."""
    writer.write(raw)
    head = await reader.readuntil(b"\r\n\r\n")
    taken = head.startswith(b"HTTP/1.1 202")
    if not taken and not (may_refuse and head.startswith(b"HTTP/1.1 503")):
        raise AssertionError(f"the collector answered {head[:60]!r}")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    return taken


async def _closed_loop(port: int, requests: Sequence[bytes], connections: int) -> None:
    waiting = iter(requests)

    async def visitor() -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        for raw in waiting:
            await _send(reader, writer, raw)
        writer.close()

    await asyncio.gather(*(visitor() for _ in range(connections)))


def all_at_once(port: int, requests: Sequence[bytes], connections: int) -> None:
    """Send them all, each connection its next when the last is answered."""
    asyncio.run(_closed_loop(port, requests, connections))


Refused = Callable[[bytes], None]


async def _open_loop(
    port: int, requests: Iterable[bytes], rate: float, connections: int, refused: Refused | None
) -> list[float]:
    """Latency counts from when a request was due, so that a stall is seen by all that wait behind it."""
    latencies: list[float] = []
    due: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()

    async def visitor() -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        while item := await due.get():
            if await _send(reader, writer, item[1], refused is not None):
                latencies.append(time.monotonic() - item[0])
            elif refused:
                refused(item[1])
        writer.close()

    visitors = [asyncio.create_task(visitor()) for _ in range(connections)]
    start = time.monotonic()
    for number, raw in enumerate(requests):
        moment = start + number / rate
        if (wait := moment - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        due.put_nowait((moment, raw))
    for _ in visitors:
        due.put_nowait(None)
    await asyncio.wait_for(asyncio.gather(*visitors), _LATE_SECONDS)
    return sorted(latencies)


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
    return asyncio.run(_open_loop(port, requests, rate, connections, refused))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of the ordered values lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
