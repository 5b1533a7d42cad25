"""Erasures under fault: users of the load are erased meanwhile, by commands that are killed at each step.

`sillage person erase` is run as a customer's officer runs it, for one to twenty users at once, and run again
until it has certified them, however often it, ClickHouse or a consumer was killed in between.
"""

import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncIterator, Set

from bench.traffic import TENANT
from privacy.chain import ChainBroken
from privacy.rights.erasure import Step
from privacy.rights.ledger import Ledger
from runtime.operators import local_token
from tests.faults.batches import USERS, user_id, user_of
from tests.faults.errors import Infrastructure
from tests.faults.ground import Ground
from tests.faults.report import Erasures

_LOOK_SECONDS = 0.02
_AGAIN_SECONDS = 0.3
_MOST_TRIES = 60
_KILLED_SHARE = 0.7
_TOGETHER = (1, 1, 2, 5, 10, 20)
_LONGEST_AFTER_STEP_SECONDS = 0.4


class Erasing:
    """So many users of the load, each once, in an order that the seed decides."""

    def __init__(self, ground: Ground, acknowledged: Set[int], seed: int, number: int) -> None:
        self._chance = random.Random(f"erasing/{seed}")
        self._left = self._chance.sample(range(USERS), number)
        self._ground, self._acknowledged = ground, acknowledged
        self._state = ground.directory / "state"
        self.erased: set[int] = set()
        self.told = Erasures()
        self._stopping = asyncio.Event()

    @property
    def is_done(self) -> bool:
        """Whether all are erased that were to be."""
        return not self._left

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Erase until the block ends; then the erasure under way is brought to its end, killed no more."""
        self._stopping.clear()
        worker = asyncio.create_task(self._work())
        try:
            yield
        finally:
            self._stopping.set()
            await worker

    async def _work(self) -> None:
        while self._left and not self._stopping.is_set():
            together = min(len(self._left), self._chance.choice(_TOGETHER))
            users = [self._left.pop() for _ in range(together)]
            while not {user_of(batch) for batch in self._acknowledged}.issuperset(users):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_SECONDS)
            for _ in range(_MOST_TRIES):
                if await self._erase(users):
                    break
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                raise Infrastructure(
                    f"users {users} are not erased by {_MOST_TRIES} commands: see erasing.log."
                )
            self.erased.update(users)
            self.told.users, self.told.rows = len(self.erased), self._rows()

    async def _erase(self, users: list[int]) -> bool:
        """Run the command once; whether it has certified them."""
        with (self._ground.logs / "erasing.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "cli", "person", "erase", "--tenant", TENANT),
                *(part for user in users for part in ("--user", user_id(user))),
                env=self._ground.environ | {
                    "SILLAGE_STATE_DIR": str(self._state),
                    "SILLAGE_OPERATOR_TOKEN_FILE": str(local_token(self._state, "harness")),
                },
                stdout=log,
                stderr=log,
            )  # fmt: skip
        if self._chance.random() < _KILLED_SHARE:
            await self._kill_after(self._chance.choice(list(Step)), process)
        code = await process.wait()
        self._ground.note(f"erasing {users} ({process.pid}): {code}")
        self.told.failed += code > 0
        return code == 0

    async def _kill_after(self, step: Step, process: asyncio.subprocess.Process) -> None:
        """SIGKILL soon after a step of this command; it may end before."""
        before = self._steps(step)
        while process.returncode is None and not self._stopping.is_set():
            if self._steps(step) > before:
                await asyncio.sleep(_LONGEST_AFTER_STEP_SECONDS * self._chance.random() ** 2)
                break
            await asyncio.sleep(_LOOK_SECONDS)
        if process.returncode is None and not self._stopping.is_set():
            process.kill()
            self.told.killed[step] += 1

    def _rows(self) -> int:
        done = [request for request in Ledger(self._state).requests().values() if request.done_at]
        return sum(sum(request.steps[Step.DRAINED]["rows"].values()) for request in done)

    def _steps(self, step: Step) -> int:
        """How often the ledger tells of a step."""
        try:
            return sum(step in request.steps for request in Ledger(self._state).requests().values())
        except ChainBroken:  # read while a line was being written
            return 0
