"""Starts the parts in order, watches them, and stops them in reverse."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from local.errors import PartFailed
from local.part import Part
from local.process import Process
from local.roster import Roster

_SHOWN_LOG_LINES = 12
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _AskedToStop(Exception):
    """Someone pressed Ctrl-C or sent SIGTERM."""


class Supervisor:
    """Runs parts until it is asked to stop or one of them ends by itself."""

    def __init__(
        self,
        parts: Sequence[Part],
        log_dir: Path,
        roster: Roster,
        on_part_ready: Callable[[Part], None],
        on_background_end: Callable[[Part, int, str], None] = lambda _part, _code, _last_line: None,
    ) -> None:
        """The last one is told of each background part that ends: its exit code and its last words."""
        self._parts = parts
        self._log_dir = log_dir
        self._roster = roster
        self._on_part_ready = on_part_ready
        self._on_background_end = on_background_end
        self._processes: dict[str, Process] = {}
        self._ready = {part.name: asyncio.Event() for part in parts if not part.background}
        self._stopped = {part.name: asyncio.Event() for part in parts}
        self._asked_to_stop = asyncio.Event()

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Start everything, call `on_ready`, and return after SIGINT, SIGTERM or SIGHUP; raises PartFailed.

        However it ends, no process is left.
        """
        loop = asyncio.get_running_loop()
        failed: list[Exception] = []
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._asked_to_stop.set)
        try:
            async with asyncio.TaskGroup() as tending:
                tending.create_task(self._until_asked())
                tending.create_task(self._announce(on_ready))
                for part in self._parts:
                    tending.create_task(self._tend(part))
        except* _AskedToStop:
            pass
        except* PartFailed as failures:
            failed += failures.exceptions
        finally:
            await asyncio.gather(*(self._stop(part) for part in self._parts))
        if failed:
            raise failed[0]

    async def _until_asked(self) -> None:
        await self._asked_to_stop.wait()
        raise _AskedToStop

    async def _announce(self, on_ready: Callable[[], None]) -> None:
        for ready in self._ready.values():
            await ready.wait()
        on_ready()

    async def _tend(self, part: Part) -> None:
        """See one part through its life; ends only for a part that is a task or in the background."""
        for name in part.after:
            await self._ready[name].wait()
        try:
            process = await Process.start(part, self._log_dir)
        except OSError as error:
            raise PartFailed(f"{part.name} could not be started: {error}. {part.remedy}") from error
        self._processes[part.name] = process
        self._roster.add(process.pid)
        if part.background:
            code = await process.exited()
            self._on_background_end(part, code, "".join(process.log.last_lines(1)))
        else:
            await self._serve(process)
        await self._processes.pop(part.name).stop()  # now: later its process id may be a stranger's

    async def _serve(self, process: Process) -> None:
        part = process.part
        await self._become_ready(process)
        self._on_part_ready(part)
        self._ready[part.name].set()
        if part.ready:
            raise self._failure(process, _ended(await process.exited()))

    async def _become_ready(self, process: Process) -> None:
        part = process.part
        exit_code = asyncio.create_task(process.exited())
        waiting: set[asyncio.Task[object]] = {exit_code}
        if part.ready:
            waiting.add(asyncio.ensure_future(part.ready()))
        try:
            done, _ = await asyncio.wait(
                waiting, timeout=part.ready_within, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                raise self._failure(process, f"was not ready after {part.ready_within:.0f} s")
            if exit_code in done and (part.ready or exit_code.result() != 0):
                raise self._failure(process, _ended(exit_code.result()))
            for task in done:
                task.result()  # a probe that is broken says so
        finally:
            for task in waiting:
                task.cancel()

    def _failure(self, process: Process, what: str) -> PartFailed:
        lines = [f"    {line}" for line in process.log.last_lines(_SHOWN_LOG_LINES)]
        shown = (
            [f"The end of {process.log.file}:", *lines] if lines else [f"{process.log.file} says nothing."]
        )
        return PartFailed("\n".join([f"{process.part.name} {what}.", *shown, process.part.remedy]))

    async def _stop(self, part: Part) -> None:
        """Stop one part as soon as all that need it have stopped."""
        for dependent in self._parts:
            if part.name in dependent.after:
                await self._stopped[dependent.name].wait()
        if process := self._processes.get(part.name):
            await process.stop()
            del self._processes[part.name]
        self._stopped[part.name].set()


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended by itself with exit code {code}"
    hint = ", often because memory ran out" if -code == signal.SIGKILL else ""
    return f"was killed by {signal.Signals(-code).name}{hint}"
