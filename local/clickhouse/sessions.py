"""Which connection a request gets: its session's, or one of its own."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from local.clickhouse.access import User
from local.clickhouse.calls import Call
from local.clickhouse.engine import Connection, Engine
from local.clickhouse.errors import SESSION_IS_LOCKED, SESSION_NOT_FOUND, ClickHouseError

_IDLE_CONNECTIONS = 16


@dataclass
class _Session:
    connection: Connection | None = None  # opened by the first request
    busy: bool = False
    ends_at: float = field(default=float("inf"))


class Sessions:
    """The sessions by user and id, and idle connections that no session owns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions: dict[tuple[str, str], _Session] = {}
        self._idle: dict[bool, list[Connection]] = {False: [], True: []}

    @asynccontextmanager
    async def connection(self, user: User, call: Call) -> AsyncIterator[Connection]:
        """Lend a connection; a session lends its own to one request at a time.

        Raises ClickHouseError when the session is busy, or must exist and does not.
        """
        lend = (
            self._stateless(user)
            if call.session_id is None
            else self._of_session(user, call.session_id, call)
        )
        async with lend as connection:
            yield connection

    @asynccontextmanager
    async def _stateless(self, user: User) -> AsyncIterator[Connection]:
        idle = self._idle[user.read_only]
        connection = idle.pop() if idle else await self._open(user)
        try:
            yield connection
        except BaseException:
            connection.reusable = False
            raise
        finally:
            if connection.reusable and len(idle) < _IDLE_CONNECTIONS:
                idle.append(connection)
            else:
                await self._engine.run(connection.raw.close)

    @asynccontextmanager
    async def _of_session(self, user: User, session_id: str, call: Call) -> AsyncIterator[Connection]:
        await self._close_expired()
        key = user.name, session_id
        if call.session_must_exist and key not in self._sessions:
            raise ClickHouseError(SESSION_NOT_FOUND, f"Session {session_id} not found. (SESSION_NOT_FOUND)")
        session = self._sessions.setdefault(key, _Session())
        if session.busy:
            raise ClickHouseError(
                SESSION_IS_LOCKED,
                f"Session {session_id} is locked by a concurrent client. (SESSION_IS_LOCKED)",
            )
        session.busy = True
        try:
            session.connection = session.connection or await self._open(user)
            yield session.connection
        finally:
            session.busy = False
            session.ends_at = time.monotonic() + (0 if call.session_ends else call.session_timeout)

    async def _open(self, user: User) -> Connection:
        return await self._engine.run(lambda: self._engine.connect(read_only=user.read_only))

    async def _close_expired(self) -> None:
        now = time.monotonic()
        expired = [
            key for key, session in self._sessions.items() if session.ends_at <= now and not session.busy
        ]
        for session in [self._sessions.pop(key) for key in expired]:
            if session.connection:
                await self._engine.run(session.connection.raw.close)
