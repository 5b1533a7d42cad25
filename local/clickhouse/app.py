"""The HTTP interface as an ASGI application: one request from its headers to its last byte."""

import time
from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from local.clickhouse.access import User, Users
from local.clickhouse.bodies import decompressed
from local.clickhouse.calls import Call, arguments_of, read_call
from local.clickhouse.engine import Connection, Engine, quote_identifier
from local.clickhouse.errors import (
    ABORTED,
    READONLY,
    SYNTAX_ERROR,
    ClickHouseError,
    access_denied,
    from_exception,
)
from local.clickhouse.inserts import add_external_table, drop_external_table, insert, no_rows
from local.clickhouse.reply import Reply
from local.clickhouse.selects import answer, killed_on_disconnect
from local.clickhouse.sessions import Sessions
from local.clickhouse.statements import split_insert

_ALIVE = frozenset({"/ping", "/replicas_status"})


class HttpInterface:
    """ClickHouse's HTTP interface over one engine."""

    def __init__(self, engine: Engine, users: Users) -> None:
        self._engine = engine
        self._users = users
        self._sessions = Sessions(engine)
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; every failure is answered as ClickHouse answers it."""
        reply = Reply(send, self._engine.timezone, self._engine.version)
        try:
            await self._serve(Request(scope, receive), reply)
        except ClientDisconnect:
            return  # amid its body: nothing ran, and nobody waits for an answer
        except Exception as error:
            await reply.fail(from_exception(error))

    async def drain(self) -> None:
        """Refuse new requests, end the queries that only read, wait for the INSERTs under way."""
        self._stopping = True
        await self._engine.kill_reads()
        await self._engine.no_insert()

    async def _serve(self, request: Request, reply: Reply) -> None:
        arguments = arguments_of(request)
        reads_only = request.method in ("GET", "HEAD")
        if request.url.path in _ALIVE or (reads_only and "query" not in arguments):
            await reply.text(HTTPStatus.OK, "Ok.\n")
            return
        if self._stopping:
            raise ClickHouseError(ABORTED, "The server is stopping. (ABORTED)")
        user = self._users.authenticate(request.headers, arguments)
        call = await read_call(request, arguments)
        reply.headers["X-ClickHouse-Query-Id"] = call.query_id
        async with self._sessions.connection(user, call) as connection:
            await self._run(request, user, call, connection, reply)
        await reply.end()  # only now: on seeing the end a client may send its session's next query

    async def _run(
        self, request: Request, user: User, call: Call, connection: Connection, reply: Reply
    ) -> None:
        if call.role or call.externals:
            await self._engine.run(connection.prepare, call.database, call.settings)
        if call.role:
            await self._assume(call.role, user, connection)
        try:
            for table in call.externals:
                await add_external_table(self._engine, connection, table)
            await self._statement(request, user, call, connection, reply)
        finally:
            for table in call.externals:
                await drop_external_table(self._engine, connection, table)

    async def _assume(self, role: str, user: User, connection: Connection) -> None:
        if user.read_only:
            raise access_denied("A read-only user has one role.")
        connection.reusable = False
        await self._engine.run(connection.raw.query, f"SET ROLE {quote_identifier(role)}")

    async def _statement(
        self, request: Request, user: User, call: Call, connection: Connection, reply: Reply
    ) -> None:
        """Tell an INSERT of data from everything else; the statement may lie in the URL, the body or both."""
        body, text = _body(request), call.query
        statement = split_insert(text)
        if statement is None:
            text = b"\n".join(part for part in (text, b"".join([chunk async for chunk in body])) if part)
            statement = split_insert(text)
        if not text.strip():
            raise ClickHouseError(SYNTAX_ERROR, "Syntax error: Empty query. (SYNTAX_ERROR)")
        if statement:
            _permit("MUTATING", user, request)
            began = time.monotonic_ns()
            await self._engine.run(connection.prepare, call.database, call.settings)
            await self._engine.run(connection.bind, call.parameters)
            result = await insert(self._engine, connection, statement, body)
            reply.summarize(result, time.monotonic_ns() - began)
            await reply.write(b"")
            return
        async with killed_on_disconnect(self._engine, request.receive, call.query_id):
            permit = partial(_permit, user=user, request=request)
            await answer(self._engine, connection, call, text, reply, permit)


def _body(request: Request) -> AsyncIterator[bytes]:
    """The body's bytes, decompressed; none where it was a form."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        return no_rows()
    stream = (chunk async for chunk in request.stream())
    return decompressed(stream, request.headers.get("content-encoding", ""))


def _permit(kind: str, user: User, request: Request) -> None:
    """Refuse what changes anything to a read-only user, and to the method GET as a server does."""
    if kind == "READ_ONLY":
        return
    if user.read_only:
        raise access_denied(f"User {user.name} may only read.")
    if request.method in ("GET", "HEAD"):
        raise ClickHouseError(
            READONLY, "Cannot execute query in readonly mode: the method GET only reads, use POST. (READONLY)"
        )
