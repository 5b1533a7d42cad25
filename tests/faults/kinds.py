"""How each kind of fault is done, while a consumer stands at a point. To add a kind is to add a line to `DO`.

Each function returns when the fault is over and what it stopped runs again; true when the fault took place.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from consumers.points import Point
from tests.faults import proxy
from tests.faults.ground import Ground
from tests.faults.processes import Server
from tests.faults.schedule import CLAIMING, Kind, Planned
from tests.faults.slots import SESSION_SECONDS, Slot
from tests.faults.switchboard import Visit

_SUCCESSOR_SECONDS = 5.0
_AFTER_BODY_SECONDS = 0.02
_NUDGE_SECONDS = 0.8
_RESET_SECONDS = 1.5
_GUEST_SECONDS = 6.0
_SPOOLED_RECORDS = 20
"""More than all clients have under way: some went into the spool without waiting for Kafka."""
_SPOOLS_SECONDS = 10.0
_LOOK_SECONDS = 0.1
_RETRIED_SECONDS = 4.0
"""A consumer waits longer after each failure: one reset at a time."""
_JUMPS = (120.0, -3_600.0, -2 * 86_400.0, 3_600.0, -20 * 86_400.0)
"""Seconds. An hour early, or twenty days late, a collector writes stamps that Kafka's clock refutes."""


@dataclass
class Scene:
    """Everything a fault needs to know."""

    ground: Ground
    slot: Slot
    plan: Planned
    visit: Visit


async def _kill(it: Scene) -> bool:
    await it.slot.process.kill()
    await it.slot.start_process()
    return True


async def _replace(it: Scene) -> bool:
    """The frozen one resumes when its successor has a batch of its own, before or after the INSERT of it."""
    zombie = it.slot.process
    zombie.freeze()
    it.visit.go_on()
    await it.slot.start_process()
    at = Point.BATCH_CUT if it.plan.chance < 0.5 else Point.INSERTED
    came = await _within(it.slot.works(at), SESSION_SECONDS + _SUCCESSOR_SECONDS)
    it.slot.leave_to_die(zombie)
    return came


async def _freeze(it: Scene) -> bool:
    """Longer than the session; it resumes when another consumer works."""
    async with it.ground.freeze_lock:
        process = it.slot.process
        process.freeze()
        it.visit.go_on()
        await asyncio.sleep(SESSION_SECONDS + 0.2 + it.plan.chance)
        came = await _within(it.slot.others_work(), _SUCCESSOR_SECONDS)
        process.thaw()
        return came


async def _clock_jump(it: Scene) -> bool:
    it.visit.go_on(clock_offset=_jump(it.plan.chance))
    return True


async def _engine_kill(it: Scene) -> bool:
    return await _kill_server(it, it.ground.engine)


async def _engine_freeze(it: Scene) -> bool:
    return await _freeze_server(it, it.ground.engine, 0.2 + 1.5 * it.plan.chance)


async def _broker_kill(it: Scene) -> bool:
    return await _kill_server(it, await _leader(it))


async def _broker_freeze(it: Scene) -> bool:
    return await _freeze_server(it, await _leader(it), 1 + 4 * it.plan.chance)


async def _leader(it: Scene) -> Server:
    return await it.ground.leader(int(4 * it.plan.chance) % 4)


async def _kill_server(it: Scene, server: Server) -> bool:
    async with server.lock:
        if it.plan.point is Point.BODY_SENT:
            it.visit.go_on()
            await asyncio.sleep(_AFTER_BODY_SECONDS * it.plan.chance)
        await server.kill()
        it.visit.go_on()
        if it.plan.chance > 0.7:
            await asyncio.sleep(it.plan.chance)
        await server.start()
        return True


async def _freeze_server(it: Scene, server: Server, seconds: float) -> bool:
    async with server.lock:
        server.freeze()
        it.visit.go_on()
        await asyncio.sleep(seconds)
        server.thaw()
        return True


async def _disk_full(it: Scene) -> bool:
    if it.ground.disk.fault:
        return False
    async with it.ground.engine.lock:
        await asyncio.to_thread(it.ground.disk.fill)
        it.visit.go_on()
        try:
            await asyncio.sleep(0.5 + it.plan.chance)
        finally:
            it.ground.disk.empty()
        return True


async def _collector_kill(it: Scene) -> bool:
    async with it.ground.collector_lock:
        assert it.ground.collector
        await it.ground.collector.kill()
        it.visit.go_on()
        await it.ground.start_collector()
        return True


async def _outage(it: Scene) -> bool:
    """Freeze the broker until records are spooled; kill the collector then, or just after Kafka's return."""
    server = await _leader(it)
    async with it.ground.collector_lock, server.lock:
        before = await asyncio.to_thread(it.ground.spooled)
        server.freeze()
        it.visit.go_on()
        try:
            came = await _spools(it.ground, before + _SPOOLED_RECORDS)
            if it.plan.chance < 0.5:
                await _restart_collector(it.ground)
        finally:
            server.thaw()
        if it.plan.chance >= 0.5:
            await asyncio.sleep(it.plan.chance - 0.5)
            await _restart_collector(it.ground)
        return came


async def _spools(ground: Ground, records: int) -> bool:
    """Whether the collector keeps so many before long."""
    for _ in range(int(_SPOOLS_SECONDS / _LOOK_SECONDS)):
        if await asyncio.to_thread(ground.spooled) >= records:
            return True
        await asyncio.sleep(_LOOK_SECONDS)
    return False


async def _restart_collector(ground: Ground) -> None:
    assert ground.collector
    await ground.collector.kill()
    await ground.start_collector()


async def _collector_clock(it: Scene) -> bool:
    """A wrong clock for a second, then the right one."""
    async with it.ground.collector_lock:
        assert it.ground.collector
        await it.ground.collector.kill()
        it.visit.go_on()
        await it.ground.start_collector(_jump(it.plan.chance))
        await asyncio.sleep(1)
        await it.ground.collector.kill()
        await it.ground.start_collector()
        return True


async def _on_the_wire(it: Scene) -> bool:
    mischief = it.slot.proxy.arm(it.plan.kind, it.plan.chance)
    it.visit.go_on()
    came = await _within(mischief.done, _SUCCESSOR_SECONDS)
    it.slot.proxy.disarm()
    return came


def _jump(chance: float) -> float:
    return _JUMPS[int(chance * len(_JUMPS))]


async def _within(event: "asyncio.Future[Visit] | asyncio.Future[None]", seconds: float) -> bool:
    await asyncio.wait({event}, timeout=seconds)
    came = event.done()
    event.cancel()
    return came


DO: dict[Kind, Callable[[Scene], Awaitable[bool]]] = {
    Kind.KILL: _kill,
    Kind.REPLACE: _replace,
    Kind.FREEZE: _freeze,
    Kind.CLOCK_JUMP: _clock_jump,
    Kind.ENGINE_KILL: _engine_kill,
    Kind.ENGINE_FREEZE: _engine_freeze,
    Kind.DISK_FULL: _disk_full,
    Kind.BROKER_KILL: _broker_kill,
    Kind.BROKER_FREEZE: _broker_freeze,
    Kind.OUTAGE: _outage,
    Kind.COLLECTOR_KILL: _collector_kill,
    Kind.COLLECTOR_CLOCK: _collector_clock,
    **dict.fromkeys(proxy.KINDS, _on_the_wire),
}


async def nudge(slot: Slot, point: Point) -> None:
    """Make a consumer claim again by a reset, or make the group rebalance by a guest that comes and goes."""
    await asyncio.sleep(_NUDGE_SECONDS)
    while True:
        if point in CLAIMING:
            mischief = slot.proxy.arm(Kind.RESET, 0)
            await _within(mischief.done, _RESET_SECONDS)
            await asyncio.sleep(_RETRIED_SECONDS)
        else:
            await slot.invite_guest(_GUEST_SECONDS)
