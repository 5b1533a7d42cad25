"""Large bodies: worked on one at a time, in a thread, so that small requests do not wait for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ingest.crowd import Crowd
from ingest.refusals import Refusal, RefuseRequest
from ingest.request import Request

Made = TypeVar("Made")


class LargeBodies:
    """One thread, and the bodies that wait for it, which stay counted among those that hold memory."""

    def __init__(self, crowd: Crowd, most_bytes: int) -> None:
        self.most_bytes = min(most_bytes, crowd.limits.body_bytes)
        """How large one may be, packed and unpacked."""
        self._crowd = crowd
        self._thread = ThreadPoolExecutor(1, "large-bodies")

    def take(
        self, request: Request, work: Callable[[], Made], done: Callable[["asyncio.Future[Made]"], None]
    ) -> None:
        """Have `done` called in the event loop when `work` has come to its end in the thread.

        Raises RefuseRequest where bodies hold all the memory they may.
        """
        if self._crowd.is_full_of_bodies:
            raise RefuseRequest(Refusal.BUSY)
        size = len(request.body or b"")
        self._crowd.body_bytes += size

        def finished(made: "asyncio.Future[Made]") -> None:
            self._crowd.body_bytes -= size
            if not made.cancelled():
                done(made)

        asyncio.get_running_loop().run_in_executor(self._thread, work).add_done_callback(finished)

    def close(self) -> None:
        """Begin with no other one: the process ends, and whoever waits still sends it again elsewhere."""
        self._thread.shutdown(wait=False, cancel_futures=True)
