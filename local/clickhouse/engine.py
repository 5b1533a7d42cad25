"""The engine: one held-open chDB connection, further ones on demand, and the threads that call it.

A chDB connection is a mutex: statements on one run after each other, on two they overlap, since the engine
releases the interpreter's lock. So each request has a connection, and each call a thread.
"""

import asyncio
import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

from local.clickhouse.body_files import BodyFiles
from local.clickhouse.config import CONFIG_FILE, FIXED_SETTINGS
from local.clickhouse.errors import UNKNOWN_SETTING, ClickHouseError

# An INSERT frees some hundred megabytes, which the next one fills again: the allocator keeps them for half a
# minute, not for five seconds, and the kernel clears fewer pages. It is read when the library is loaded.
os.environ.setdefault("JE_MALLOC_CONF", "dirty_decay_ms:30000")
_chdb: Any = import_module("chdb._chdb")  # its type stubs lack most of what is used here
THREADS = 64
TAG = "chdb_client_name"
"""The setting that carries a request's tag: chDB makes its own query ids, so a query is found by this."""

_OPEN_FUNCTIONS = "SELECT name FROM system.functions WHERE name = 'file' OR match(name, '^(ai|AI)[A-Z]')"
_NEVER_RESET = frozenset({"readonly", *FIXED_SETTINGS})  # DEFAULT is refused for these
_NAME = re.compile(r"[A-Za-z_]\w*")
Result = TypeVar("Result")


def quote(text: str) -> str:
    """Quote a string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_identifier(text: str) -> str:
    """Quote the name of a database, table, column or role."""
    return "`" + text.replace("\\", "\\\\").replace("`", "\\`") + "`"


class Connection:
    """One chDB connection: a client's session state, of which database and settings are known here."""

    def __init__(self, path: str, *, read_only: bool) -> None:
        self.raw = _chdb.connect(path)
        self.reusable = True
        """Whether the next request without a session may have it; not after anything that leaves state."""
        self._database = "default"
        self._settings: Mapping[str, str] = {}
        if read_only:
            self.raw.query("SET ROLE reader")
            self.raw.query("SET readonly = 2")

    def prepare(self, database: str, settings: Mapping[str, str]) -> None:
        """Make `database` current and `settings` hold; what the last request set beside them is reset."""
        if database != self._database:
            self.raw.query(f"USE {quote_identifier(database)}")
            self._database = database
        for name in settings:
            if not _NAME.fullmatch(name):
                raise ClickHouseError(
                    UNKNOWN_SETTING, f"Setting {name} is neither a builtin setting. (UNKNOWN_SETTING)"
                )
        changes = [
            f"{name} = {quote(value)}"
            for name, value in settings.items()
            if self._settings.get(name) != value
        ]
        outlived = self._settings.keys() - settings.keys() - _NEVER_RESET
        changes += [f"{name} = DEFAULT" for name in outlived]
        if "readonly" in settings:
            self.reusable = False
        if changes:
            self.raw.query("SET " + ", ".join(changes))
            self._settings = settings

    def bind(self, parameters: dict[str, str]) -> None:
        """Give values to the placeholders `{name:Type}` of the statements that follow."""
        for name, value in parameters.items():
            if not _NAME.fullmatch(name):
                raise ClickHouseError(
                    UNKNOWN_SETTING, f"No query parameter can be called {name}. (UNKNOWN_SETTING)"
                )
            self.raw.query(f"SET param_{name} = {quote(value)}")
            self.reusable = False


class Engine:
    """chDB on the working directory, which `config.write` has prepared."""

    def __init__(self) -> None:
        _chdb.set_signal_handlers_enabled(0)
        self._path = f"engine?config-file={CONFIG_FILE}"
        self._kept = _chdb.connect(self._path)  # the engine lives as long as one connection is open
        self._pool = ThreadPoolExecutor(THREADS, "query")
        self._killer = ThreadPoolExecutor(1, "kill")  # a kill must find a thread when every other one is busy
        self.bodies = BodyFiles()
        self._inserting = 0
        self._no_insert = asyncio.Event()
        self._no_insert.set()
        self.timezone = self._ask("SELECT timezone()")
        self.version = self._ask("SELECT version()")
        for name in self._ask(_OPEN_FUNCTIONS).splitlines():
            _close_function(name)

    def _ask(self, statement: str) -> str:
        return str(self._kept.query(statement, "TSVRaw").bytes().decode().strip())

    def connect(self, *, read_only: bool) -> Connection:
        """Open a connection; blocks for about half a millisecond."""
        return Connection(self._path, read_only=read_only)

    async def run(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Make a call that blocks, on a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call, *arguments)

    @contextmanager
    def insert(self) -> Iterator[None]:
        """Count an INSERT as under way: a stop waits for it."""
        self._inserting += 1
        self._no_insert.clear()
        try:
            yield
        finally:
            self._inserting -= 1
            if not self._inserting:
                self._no_insert.set()

    async def no_insert(self) -> None:
        """Wait until no INSERT is under way."""
        await self._no_insert.wait()

    async def kill(self, tag: str) -> None:
        """Ask the queries with this tag to end."""
        await self._kill(f"Settings['{TAG}'] = {quote(tag)}")

    async def kill_reads(self) -> None:
        """Ask every query to end that stores nothing."""
        await self._kill("query_kind != 'Insert'")

    async def _kill(self, condition: str) -> None:
        statement = f"KILL QUERY WHERE {condition} ASYNC"
        await asyncio.get_running_loop().run_in_executor(self._killer, self._kept.query, statement)

    def close(self) -> None:
        """Let the calls under way end, then close the engine."""
        self._pool.shutdown()
        self._killer.shutdown()
        self._kept.close()
        self.bodies.close()


def _close_function(name: str) -> None:
    """Put a function that refuses in the place of one that reads files or calls out.

    No access right covers these functions in chDB, and text matching cannot: a column's default expression
    may hide in a string that is put together at run time.
    """

    def refuse(_: str) -> str:
        raise PermissionError("ACCESS_DENIED")

    _chdb.create_function(name, refuse, ["String"], "String", on_null="pass")
