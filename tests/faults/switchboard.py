"""Where consumers ask whether they may go on: a Unix socket, one line a visit, one line an answer.

Used on both sides: `stand_at` is the function that a consumer calls at each point, `Switchboard` answers it.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from consumers.points import Point

Shift = Callable[[float], None]
"""Sets the offset of the process's clock, in seconds."""


def stand_at(path: Path, shift_clock: Shift) -> Callable[[Point, int], None]:
    """Give the consumer's hook: it says where it stands and waits for the answer; without one it ends."""
    line = socket.socket(socket.AF_UNIX)
    line.connect(str(path))
    answers = line.makefile("r")

    def hook(point: Point, records: int) -> None:
        line.sendall(f"{os.getpid()} {point.name} {records}\n".encode())
        answer = answers.readline().split()
        if not answer:
            os._exit(1)  # the harness is gone
        if len(answer) > 1:
            shift_clock(float(answer[1]))

    return hook


@dataclass
class Visit:
    """A consumer stands at a point until it is let go."""

    pid: int
    point: Point
    records: int
    at: float = field(default_factory=time.monotonic)
    _answer: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def go_on(self, clock_offset: float | None = None) -> None:
        """Let it go, with another clock if so wanted; a frozen process hears it later, a dead one never."""
        if not self._answer.done():
            self._answer.set_result("go\n" if clock_offset is None else f"go {clock_offset}\n")

    async def answer(self) -> str:
        """What to tell the consumer, once it is decided."""
        return await self._answer


Wanted = Callable[[Visit], bool]


class Switchboard:
    """Answers every consumer at once, but for the visits that somebody waits for."""

    def __init__(self) -> None:
        self._catchers: list[tuple[Wanted, asyncio.Future[Visit]]] = []
        self._watchers: list[tuple[Wanted, asyncio.Future[Visit]]] = []
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    async def open(self, path: Path) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._serve, path)

    async def close(self) -> None:
        """Hang up on everybody."""
        if self._server:
            self._server.close()
        for line in self._lines:
            line.close()

    def catch(self, wanted: Wanted) -> "asyncio.Future[Visit]":
        """The next such visit; the consumer stands there until `go_on`. Cancel it to catch none."""
        return self._wait(self._catchers, wanted)

    def watch(self, wanted: Wanted) -> "asyncio.Future[Visit]":
        """The next such visit, seen in passing: nobody is held up."""
        return self._wait(self._watchers, wanted)

    @staticmethod
    def _wait(
        waiting: list[tuple[Wanted, "asyncio.Future[Visit]"]], wanted: Wanted
    ) -> "asyncio.Future[Visit]":
        found: asyncio.Future[Visit] = asyncio.get_running_loop().create_future()
        entry = (wanted, found)
        waiting.append(entry)
        found.add_done_callback(lambda _: waiting.remove(entry) if entry in waiting else None)
        return found

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            while line := await reader.readline():
                pid, point, records = line.split()
                visit = Visit(int(pid), Point[point.decode()], int(records))
                _settle(self._watchers, visit, every=True)
                if not _settle(self._catchers, visit, every=False):
                    visit.go_on()
                writer.write((await visit.answer()).encode())
        except (OSError, asyncio.CancelledError):
            pass  # it was killed, or all is over
        finally:
            self._lines.discard(writer)
            writer.close()


def _settle(waiting: list[tuple[Wanted, "asyncio.Future[Visit]"]], visit: Visit, every: bool) -> bool:
    """Give the visit to those who wait for it; whether there was any."""
    taken = False
    for wanted, found in list(waiting):
        if not found.done() and wanted(visit):
            found.set_result(visit)
            taken = True
            if not every:
                break
    return taken
