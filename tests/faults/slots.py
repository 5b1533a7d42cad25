"""A slot: one place in the consumer group, whose process is faulted, replaced and started again."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from consumers.points import Point
from runtime.settings import variable
from tests.faults.ground import Ground
from tests.faults.processes import Forked
from tests.faults.proxy import Proxy
from tests.faults.schedule import CLAIMING, Planned
from tests.faults.switchboard import Visit

SESSION_SECONDS = 2.5
_BATCH_MS = 100
"""Long enough that a batch is nearly always in hand, also when the group rebalances."""
_WITHIN_SECONDS = 6.0
_REBALANCED_WITHIN_SECONDS = 20.0
"""A guest must come and go until a rebalance meets a batch."""
_ZOMBIE_SECONDS = 5.0
_STOP_SECONDS = 15.0
_RESTART_SECONDS = 0.3


SMALL = {
    "batch_max_wait_ms": str(_BATCH_MS),
    "batch_max_bytes": str(256 << 10),
    "consumer_session_timeout_ms": str(int(1000 * SESSION_SECONDS)),
    "consumer_rebalance_timeout_ms": "15000",
    "clickhouse_timeout_ms": "10000",
}
"""Settings under which a fault finds each batch."""


@dataclass(frozen=True)
class Regime:
    """How the group is run for one round."""

    protocol: str = "classic"
    is_static: bool = True
    is_as_shipped: bool = False
    """Batches and time limits are what they are by default; else so small that a fault meets each of them."""

    def __str__(self) -> str:
        return f"{self.protocol} protocol, {'static' if self.is_static else 'dynamic'} members"

    def environ(self, instance: str) -> dict[str, str]:
        """A consumer's settings."""
        wanted = {} if self.is_as_shipped else SMALL
        wanted = wanted | {
            "consumer_protocol": self.protocol,
            "consumer_instance": instance if self.is_static else "",
        }
        return {variable(name): value for name, value in wanted.items()}


REGIMES = (
    Regime(),
    # Static members of the new protocol get their partitions back only when the session has ended.
    Regime(protocol="consumer", is_static=False),
    Regime(is_static=False),
)
"""In the order of the rounds."""
UNDER_LOAD = Regime(is_as_shipped=True)
"""Where leaders are killed by the clock."""


class Slot:
    """One consumer of the group."""

    def __init__(self, number: int, ground: Ground, control: str) -> None:
        self.number = number
        self.proxy = Proxy(ground.ports.clickhouse)
        self.process: Forked
        self.fell = 0
        """How often it ended by itself, or was fenced, and was started again."""
        self._ground = ground
        self._control = control
        self._regime = Regime()
        self._proxy_port = 0
        self._zombies: set[asyncio.Task[int]] = set()
        self._guests: set[asyncio.Task[None]] = set()
        self._keeping: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        """Held while a process is being started: a slow start is not taken for none."""

    async def open(self) -> None:
        """Open the way to ClickHouse."""
        self._proxy_port = await self.proxy.open()

    async def start(self, regime: Regime) -> None:
        """Have a running process from now on, until `stop`."""
        self._regime = regime
        await self.start_process()
        self._keeping = asyncio.create_task(self._keep())

    async def start_process(self, clock_offset: float = 0.0) -> None:
        """Start the process, or its successor."""
        async with self._starting:
            await self._start(clock_offset)

    async def _start(self, clock_offset: float = 0.0) -> None:
        self.process = await self.fork(f"slot-{self.number}", clock_offset)
        self._ground.note(f"slot {self.number} is {self.process.pid}")

    async def fork(self, instance: str, clock_offset: float = 0.0) -> Forked:
        """A consumer that sends through this slot's proxy."""
        environ = self._regime.environ(instance)
        environ["SILLAGE_CLICKHOUSE_URL"] = f"http://127.0.0.1:{self._proxy_port}"
        request = self._ground.request("consumer", environ, clock_offset, self._control)
        return await self._ground.zygote.fork(request)

    async def _keep(self) -> None:
        """Start it again when it has ended by itself, as a supervisor does."""
        while True:
            process = self.process
            await asyncio.wait({process.exited})
            await asyncio.sleep(_RESTART_SECONDS)
            async with self._starting:
                if process is self.process:
                    self._ground.note(f"slot {self.number} ended by itself with {process.exited.result()}")
                    self.fell += 1
                    await self._start()

    async def stop(self) -> None:
        """SIGTERM, once its zombies are gone."""
        await self.calm()
        if self._keeping:
            self._keeping.cancel()
        self.process.send(signal.SIGTERM)
        await self.process.end(within=_STOP_SECONDS)

    async def calm(self) -> None:
        """Let nothing of a fault be left."""
        self.process.thaw()
        self.proxy.disarm()
        await self.proxy.settled()
        for leaving in (self._guests, self._zombies):
            if leaving:
                await asyncio.wait(leaving)

    def leave_to_die(self, zombie: Forked) -> None:
        """Let a replaced process go on until Kafka's fence ends it, or time is up."""
        task = asyncio.create_task(zombie.end(within=_ZOMBIE_SECONDS))
        self._zombies.add(task)
        task.add_done_callback(self._zombies.discard)

    @contextlib.asynccontextmanager
    async def standing(
        self, plan: Planned, nudge: "Nudge", stopping: asyncio.Event
    ) -> AsyncIterator[Visit | None]:
        """The consumer where the plan wants it, with a batch in flight; None when it does not get there."""
        seen = 0

        def wanted(visit: Visit) -> bool:
            nonlocal seen
            if visit.pid != self.process.pid or visit.point is not plan.point or not visit.records:
                return False
            seen += 1
            return seen >= plan.occurrence

        caught = self._ground.switchboard.catch(wanted)
        nudging = asyncio.create_task(nudge(self, plan.point)) if _needs_nudges(plan.point) else None
        stopped = asyncio.create_task(stopping.wait())
        either: list[asyncio.Future[Any]] = [caught, stopped]
        try:
            await asyncio.wait(
                either,
                timeout=_REBALANCED_WITHIN_SECONDS if plan.point is Point.REBALANCED else _WITHIN_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if nudging:
                nudging.cancel()
            yield caught.result() if caught.done() else None
        finally:
            stopped.cancel()
            if caught.done() and not caught.cancelled():
                caught.result().go_on()
            caught.cancel()

    def works(self, point: Point) -> "asyncio.Future[Visit]":
        """The present process has a batch in hand at this point."""
        mine = self.process.pid
        return self._ground.switchboard.watch(
            lambda visit: visit.pid == mine and visit.point is point and visit.records > 0
        )

    def others_work(self) -> "asyncio.Future[Visit]":
        """Another process than the present one has a batch in hand."""
        mine = self.process.pid
        return self._ground.switchboard.watch(lambda visit: visit.pid != mine and visit.records > 0)

    async def invite_guest(self, seconds: float) -> None:
        """A further consumer joins the group and leaves it in order, even when nobody waits for it."""
        stay = asyncio.create_task(self._host_guest(seconds))
        self._guests.add(stay)
        stay.add_done_callback(self._guests.discard)
        await asyncio.shield(stay)

    async def _host_guest(self, seconds: float) -> None:
        async with (
            self._ground.guest_lock
        ):  # one at a time in all slots: a join that is broken off delays others
            guest = await self.fork(instance="")  # a named member would not leave
            pid = guest.pid
            try:
                joined = self._ground.switchboard.watch(lambda visit: visit.pid == pid)
                await asyncio.wait({joined}, timeout=seconds)
                joined.cancel()
            finally:
                guest.send(signal.SIGTERM)
                self.leave_to_die(guest)


def _needs_nudges(point: Point) -> bool:
    return point in CLAIMING or point is Point.REBALANCED


Nudge = Callable[[Slot, Point], Coroutine[None, None, None]]
"""Makes a consumer pass a point that it would not pass by itself, until it is cancelled."""
