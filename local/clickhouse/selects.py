"""Every statement but an INSERT of data: run, and its result sent block by block where the format allows."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.types import Receive

from local.clickhouse.calls import Call
from local.clickhouse.engine import Connection, Engine
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
    engine: Engine, connection: Connection, call: Call, text: bytes, reply: Reply, *, reads: bool
) -> None:
    """Run a statement and send its result; the reply is begun when the first block is there."""
    began = time.monotonic_ns()
    form = named_format(text) or call.default_format
    stream: Any = None
    result: Any = None
    if reads and form in _STREAMED:
        stream, result = await _open_stream(engine, connection, text, form, call)
    if stream is None:
        result = await engine.run(lambda: connection.raw.query(text, form, params=dict(call.parameters)))
    reply.summarize(result, time.monotonic_ns() - began)
    if reads:
        reply.headers["X-ClickHouse-Format"] = form
    reply.compress(call.accept_encoding)
    if stream is None:
        await reply.write(await engine.run(lambda: reply.pack(result.bytes())))
    else:
        await _send_stream(engine, connection, stream, result, reply)


async def _open_stream(
    engine: Engine, connection: Connection, text: bytes, form: str, call: Call
) -> tuple[Any, Any]:
    """Begin a streamed query: the stream and its first block, or nothing for what only answers whole."""
    try:
        stream = await engine.run(lambda: connection.raw.send_query(text, form, params=dict(call.parameters)))
        return stream, await engine.run(connection.raw.streaming_fetch_result, stream)
    except RuntimeError as error:
        if "Streaming query is not supported" in str(error):  # SHOW, DESCRIBE, EXPLAIN
            return None, None
        raise


async def _send_stream(engine: Engine, connection: Connection, stream: Any, block: Any, reply: Reply) -> None:
    ended = False
    try:
        while block is not None and block.rows_read():
            await reply.write(await engine.run(reply.pack, block.bytes()))
            block = await engine.run(connection.raw.streaming_fetch_result, stream)
        ended = True
    finally:
        if not ended:
            connection.reusable = False
            await asyncio.shield(engine.run(connection.raw.streaming_cancel_query, stream))
