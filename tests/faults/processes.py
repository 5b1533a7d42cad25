"""The processes under fault: ClickHouse, Kafka's nodes, and what the zygote forks; signalled by pid."""

import asyncio
import contextlib
import functools
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

from local.kafka.broker import Broker
from local.part import Part
from local.ports import HOST
from local.probes import until_http_ok
from local.process import Process
from tests.faults.errors import Infrastructure
from tests.faults.zygote import Request

_READY_SECONDS = 180.0


class Server:
    """One server process that is killed and started again."""

    def __init__(self, part: Part, logs: Path) -> None:
        self.name = part.name
        self._part = part
        self._logs = logs
        self._process: Process | None = None
        self.lock = asyncio.Lock()
        """Held while it is being faulted."""

    async def start(self) -> None:
        """Start it and wait until it is ready; raises Infrastructure."""
        assert self._part.ready
        self._process = await Process.start(self._part, self._logs)
        ready = asyncio.ensure_future(self._part.ready())
        ended = asyncio.ensure_future(self._process.exited())
        await asyncio.wait({ready, ended}, timeout=_READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        is_ready = ready.done() and not ended.done()
        for task in (ready, ended):
            task.cancel()
        if not is_ready:
            said = "\n".join(self._process.log.last_lines(10))
            raise Infrastructure(f"{self.name} does not become ready:\n{said}")

    async def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        assert self._process
        os.kill(self._process.pid, signal.SIGKILL)
        await self._process.exited()
        self._process.log.close()

    def freeze(self) -> None:
        """SIGSTOP."""
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._process
        os.kill(self._process.pid, signal.SIGCONT)

    async def stop(self) -> None:
        """End it, in order if it can."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self.thaw()
            await self._process.stop()


def clickhouse(directory: Path, port: int, environ: Mapping[str, str], logs: Path) -> Server:
    """ClickHouse on this directory."""
    argv = [sys.executable, "-m", "local.clickhouse", str(directory), "--host", HOST, "--port", str(port)]
    ready = functools.partial(until_http_ok, HOST, port, "/ping")
    return Server(Part(name="clickhouse", argv=argv, environ=environ, ready=ready, remedy=""), logs)


def kafka_node(broker: Broker, logs: Path) -> Server:
    """One node of Kafka, formatted."""
    part = Part(
        name=f"kafka-{broker.node_id}",
        argv=broker.serve_argv,
        environ=broker.environ,
        cwd=broker.directory,
        ready=broker.until_ready,
        remedy="",
    )
    return Server(part, logs)


async def run_to_end(argv: list[str], environ: Mapping[str, str], cwd: Path | None = None) -> None:
    """Run a command; raises Infrastructure with what it said when it fails."""
    process = await asyncio.create_subprocess_exec(
        *argv, env=environ, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise Infrastructure(f"{' '.join(argv[-2:])} ended with {process.returncode}:\n{said.decode()}")


class Forked:
    """A process that the zygote forked."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.is_frozen = False

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return not self.exited.done()

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it is alive."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self.send(signal.SIGKILL)
        await self.exited

    def freeze(self) -> None:
        """SIGSTOP."""
        self.is_frozen = True
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.is_frozen = False
        self.send(signal.SIGCONT)

    async def end(self, within: float) -> int:
        """Wait for its end; after so many seconds by SIGKILL."""
        self.thaw()
        await asyncio.wait({self.exited}, timeout=within)
        if self.is_alive:
            await self.kill()
        return self.exited.result()


class Zygote:
    """The harness's end of the line to the zygote."""

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader, self._writer = reader, writer
        self._born: asyncio.Queue[Forked] = asyncio.Queue()
        self._alive: dict[int, Forked] = {}
        self._one_at_a_time = asyncio.Lock()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, directory: Path, environ: Mapping[str, str]) -> AsyncIterator["Zygote"]:
        """Start one; its children end with it."""
        path = directory / "zygote.sock"
        called: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
        called = asyncio.get_running_loop().create_future()
        server = await asyncio.start_unix_server(lambda *line: called.set_result(line), path)
        argv = [sys.executable, "-m", "tests.faults.zygote", str(path)]
        process = await Process.start(
            Part(name="zygote", argv=argv, environ=environ, remedy=""), directory / "logs"
        )
        try:
            reader, writer = await asyncio.wait_for(called, _READY_SECONDS)
            zygote = cls(process, reader, writer)
            try:
                yield zygote
            finally:
                zygote._listening.cancel()
                writer.close()
                await asyncio.wait({zygote._listening})
        finally:
            server.close()
            await process.stop()

    async def fork(self, request: Request) -> Forked:
        """A new process; it is still starting."""
        async with self._one_at_a_time:
            self._writer.write(request.to_line())
            born = asyncio.ensure_future(self._born.get())
            await asyncio.wait({born, self._listening}, return_when=asyncio.FIRST_COMPLETED)
            if not born.done():
                raise Infrastructure("The zygote is gone: see its log.")
            return born.result()

    async def _listen(self) -> None:
        while line := await self._reader.readline():
            told = json.loads(line)
            if "code" in told:
                self._alive.pop(told["pid"]).exited.set_result(told["code"])
            else:
                self._alive[told["pid"]] = Forked(told["pid"])
                self._born.put_nowait(self._alive[told["pid"]])


Starter = Callable[[float], Awaitable[Forked]]
"""Starts a process whose clock is so many seconds off."""
