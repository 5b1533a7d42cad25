"""Every statement but an INSERT of data: run, and its result sent block by block where the format allows."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.types import Receive

from local.clickhouse.calls import Call
from local.clickhouse.engine import Connection, Engine
from local.clickhouse.refusals import check
from local.clickhouse.reply import Reply
from local.clickhouse.statements import named_format

_STREAMED = frozenset(
    {"Native", "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "CSV", "RowBinary", "JSONEachRow"}
    | {"JSONCompactEachRow"}
)
"""Formats without a header or footer, so that the blocks' texts make up the result's."""


@asynccontextmanager
async def killed_on_disconnect(engine: Engine, receive: Receive, tag: str) -> AsyncIterator[None]:
    """Kill the query with this tag when the client leaves; only once the request's body has been read."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await engine.kill(tag)

    watcher = asyncio.create_task(watch())
    try:
        yield
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


async def answer(
    engine: Engine,
    connection: Connection,
    call: Call,
    text: bytes,
    reply: Reply,
    permit: Callable[[str], None],
) -> None:
    """Run a statement and send its result; the reply is begun when the first block is there.

    `permit` is given the statement's class, and raises what it is refused with.
    """
    stream, packed = await engine.run(_begin, connection, call, text, reply, permit)
    if stream is None:
        await reply.write(packed)
    else:
        await _send_stream(engine, connection, stream, packed, reply)


def _begin(
    connection: Connection, call: Call, text: bytes, reply: Reply, permit: Callable[[str], None]
) -> tuple[Any, bytes]:
    """All up to the first block, in one call: to change threads costs more than most of this.

    Gives that block packed, and the stream that the others come from; none where the result is whole.
    """
    began = time.monotonic_ns()
    connection.prepare(call.database, call.settings)
    kind = check(connection, text)
    permit(kind)
    connection.reusable = connection.reusable and kind not in ("CONTROL", "UNKNOWN")
    reads = kind == "READ_ONLY"
    form = named_format(text) or call.default_format
    stream: Any = None
    result: Any = None
    if reads and form in _STREAMED:
        stream, result = _open_stream(connection, text, form, call)
    if stream is None:
        result = connection.raw.query(text, form, params=dict(call.parameters))
    reply.summarize(result, time.monotonic_ns() - began)
    if reads:
        reply.headers["X-ClickHouse-Format"] = form
    reply.compress(call.accept_encoding)
    if stream is not None and not result.rows_read():
        return None, b""
    return stream, reply.pack(result.bytes())


def _open_stream(connection: Connection, text: bytes, form: str, call: Call) -> tuple[Any, Any]:
    """Begin a streamed query: the stream and its first block, or nothing for what only answers whole."""
    try:
        stream = connection.raw.send_query(text, form, params=dict(call.parameters))
        return stream, connection.raw.streaming_fetch_result(stream)
    except RuntimeError as error:
        if "Streaming query is not supported" in str(error):  # SHOW, DESCRIBE, EXPLAIN
            return None, None
        raise


async def _send_stream(
    engine: Engine, connection: Connection, stream: Any, packed: bytes | None, reply: Reply
) -> None:
    ended = False
    try:
        while packed is not None:  # a compressor may give nothing for a block
            await reply.write(packed)
            packed = await engine.run(_next_block, connection, stream, reply)
        ended = True
    finally:
        if not ended:
            connection.reusable = False
            await asyncio.shield(engine.run(connection.raw.streaming_cancel_query, stream))


def _next_block(connection: Connection, stream: Any, reply: Reply) -> bytes | None:
    """A block packed; None after the last one."""
    block = connection.raw.streaming_fetch_result(stream)
    return reply.pack(block.bytes()) if block is not None and block.rows_read() else None
