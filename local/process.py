"""One running part: started tethered in a session of its own, its output logged, stopped within its time."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from local.part import Part
from local.part_log import PartLog
from local.tether import tether

_READ_BYTES = 64 << 10
_LAST_OUTPUT_SECONDS = 0.5


class Process:
    """A started part. Use `Process.start`."""

    def __init__(self, part: Part, process: asyncio.subprocess.Process, log: PartLog) -> None:
        self.part = part
        self.log = log
        self._process = process
        self._logging = asyncio.create_task(self._copy_output())

    @classmethod
    async def start(cls, part: Part, log_dir: Path) -> "Process":
        """Start the part from the main thread; raises OSError when it cannot be executed.

        A session of its own keeps the terminal's Ctrl-C away: the supervisor alone decides who stops when.
        """
        log = PartLog(log_dir / f"{part.name}.log")
        process = await asyncio.create_subprocess_exec(
            *part.argv,
            env=part.environ,
            cwd=part.cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=tether(),
        )
        return cls(part, process, log)

    @property
    def pid(self) -> int:
        """The process id, which is also that of its group and session."""
        return self._process.pid

    async def exited(self) -> int:
        """Wait for the end and the last output; the exit code, or minus the signal that killed it."""
        code = await self._process.wait()
        await asyncio.wait({self._logging}, timeout=_LAST_OUTPUT_SECONDS)
        return code

    async def stop(self) -> None:
        """Ask by SIGTERM, then end what is left of its group by SIGKILL."""
        if self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait({asyncio.ensure_future(self._process.wait())}, timeout=self.part.stop_within)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left in it
            os.killpg(self.pid, signal.SIGKILL)
        await self.exited()
        self._logging.cancel()
        self.log.close()

    async def _copy_output(self) -> None:
        output = self._process.stdout
        assert output is not None
        while data := await output.read(_READ_BYTES):
            self.log.write(data)
