"""Large bodies are worked on one after the other, beside the event loop, and counted until they are done."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from ingest.addresses import TrustedProxies
from ingest.crowd import Crowd
from ingest.large_bodies import LargeBodies
from ingest.limits import Limits
from ingest.refusals import Refusal, RefuseRequest
from ingest.request import Request

BODY = b"x" * 3_000
WITHIN_S = 20.0


def request() -> Request:
    return Request(b"POST", b"/v1/traces", {}, BODY, "192.0.2.1", 0, True)


class World:
    """Bodies that are worked on until a test lets them go."""

    def __init__(self, most_bytes: int, memory: int) -> None:
        self.crowd = Crowd(Limits(9, 9, 9, memory, 9, 9, 9), TrustedProxies(()))
        self.large_bodies = LargeBodies(self.crowd, most_bytes)
        self.go_on = threading.Event()
        self.at_work = self.most_at_work = 0

    def work(self) -> str:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        assert self.go_on.wait(WITHIN_S)
        self.at_work -= 1
        return threading.current_thread().name

    def take(self, work: Callable[[], Any] | None = None) -> "asyncio.Future[Any]":
        """Give one, and await what came of it."""
        heard: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.large_bodies.take(request(), work or self.work, heard.set_result)
        return heard


def run(scene: Callable[[World], Coroutine[Any, Any, None]], most: int = 4_000, memory: int = 7_000) -> None:
    async def whole() -> None:
        world = World(most, memory)
        try:
            await asyncio.wait_for(scene(world), WITHIN_S)
        finally:
            world.go_on.set()
            world.large_bodies.close()

    asyncio.run(whole())


def test_one_is_worked_on_at_a_time_while_the_loop_goes_on() -> None:
    async def scene(world: World) -> None:
        heard = [world.take() for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(one.done() for one in heard)
        world.go_on.set()
        names = {(await one).result() for one in heard}
        assert (len(names), world.most_at_work) == (1, 1)
        assert threading.current_thread().name not in names

    run(scene)


def test_what_waits_stays_counted_and_beyond_the_limit_is_refused() -> None:
    async def scene(world: World) -> None:
        heard = [world.take() for _ in range(3)]
        assert world.crowd.body_bytes == 3 * len(BODY)
        with pytest.raises(RefuseRequest) as raised:
            world.take()
        assert raised.value.refusal is Refusal.BUSY
        world.go_on.set()
        for one in heard:
            await one
        assert world.crowd.body_bytes == 0
        assert (await world.take()).result()

    run(scene)


def test_what_goes_wrong_is_heard_and_counted_no_longer() -> None:
    def fail() -> None:
        raise RefuseRequest(Refusal.NOT_OTLP)

    async def scene(world: World) -> None:
        made = await world.take(fail)
        with pytest.raises(RefuseRequest):
            made.result()
        assert world.crowd.body_bytes == 0

    run(scene)


def test_what_waits_when_the_process_ends_is_begun_no_more() -> None:
    async def scene(world: World) -> None:
        at_work, waiting = world.take(), world.take()
        world.large_bodies.close()
        world.go_on.set()
        assert (await at_work).result()
        await asyncio.sleep(0)
        assert not waiting.done()
        assert world.crowd.body_bytes == 0

    run(scene)


@pytest.mark.parametrize(("most", "memory", "taken"), [(5_000, 9_000, 5_000), (9_000, 5_000, 5_000)])
def test_no_body_is_larger_than_all_bodies_may_be(most: int, memory: int, taken: int) -> None:
    async def scene(world: World) -> None:
        assert world.large_bodies.most_bytes == taken

    run(scene, most, memory)
