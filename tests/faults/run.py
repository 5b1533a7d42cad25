"""A run: rounds of faults under load, each followed by quiet and a check."""

import asyncio
import contextlib
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from bench.traffic import EVENTS_A_BATCH
from runtime import clickhouse
from runtime.settings import QuerySettings, load
from schemas.topics import Topic, group_of
from tests.faults.cargo import USAGE, Cargo
from tests.faults.controls import Control, weaken_tables
from tests.faults.erasing import Erasing
from tests.faults.errors import Infrastructure
from tests.faults.ground import Ground, prepared
from tests.faults.kinds import DO, Scene, nudge
from tests.faults.leaders import Leaders
from tests.faults.load import Load
from tests.faults.oracle import Oracle
from tests.faults.report import Report
from tests.faults.schedule import (
    AIMED_AT_TOKENS,
    AIMED_AT_ZOMBIES,
    EVERYTHING,
    Deck,
    Kind,
    Planned,
    Schedule,
)
from tests.faults.slots import REGIMES, UNDER_LOAD, Slot
from tests.faults.switchboard import Visit

_GROUP = "sillage"
LATEST_LOGS = Path(__file__).with_name("latest-logs")
_FAULT_SECONDS = 300.0
_LAG_SECONDS = 60.0
_POLL_SECONDS = 0.1
_CONTROL_ROUND_SECONDS = 15.0
_RATE_IS_HELD = 0.99


@dataclass(frozen=True)
class Options:
    """What kind of run."""

    seconds: float
    seed: int
    brokers: int = 1
    control: str = ""
    cargo: Cargo = USAGE
    slots: int = 4
    """Consumers in the group."""
    batches_a_second: float = 50.0
    round_seconds: float = 60.0
    faults_a_point: int = 0
    """End as soon as each point of the deck has had so many; 0: only time ends it."""
    deck: Deck | None = None
    erasures: int = 0
    """Users of the load that are erased meanwhile; the run ends when all are."""
    leader_seconds: float = 0.0
    """Kill a leader every so many seconds, and fault nothing else; 0: aim faults at points."""

    def chosen_deck(self) -> Deck:
        """The deck asked for, or the one that the control is aimed with."""
        if self.deck is not None:
            return self.deck
        if self.leader_seconds:
            return {}
        if self.control:
            return AIMED_AT_TOKENS if self.control == Control.TOKEN else AIMED_AT_ZOMBIES
        return EVERYTHING


async def run(options: Options, free_port_base: Callable[[], int]) -> Report:
    """Give the report; raises Infrastructure when no verdict is possible."""
    with tempfile.TemporaryDirectory(prefix="sillage-faults-") as directory:
        try:
            async with (
                prepared(
                    Path(directory),
                    options.brokers,
                    free_port_base,
                    options.cargo,
                    has_cheap_starts=bool(options.leader_seconds),
                ) as ground,
                _slots(options, ground) as slots,
            ):
                return await _Run(options, ground, slots).to_end()
        finally:
            shutil.rmtree(LATEST_LOGS, ignore_errors=True)
            shutil.copytree(Path(directory) / "logs", LATEST_LOGS)


@contextlib.asynccontextmanager
async def _slots(options: Options, ground: Ground) -> AsyncIterator[list[Slot]]:
    slots = [Slot(number, ground, options.control) for number in range(options.slots)]
    async with contextlib.AsyncExitStack() as stack:
        for slot in slots:
            await slot.open()
            stack.push_async_callback(slot.proxy.close)
        yield slots


class _Run:
    """The rounds of one run."""

    def __init__(self, options: Options, ground: Ground, slots: list[Slot]) -> None:
        self._options = options
        self._deck = options.chosen_deck()
        self._ground = ground
        self._slots = slots
        self._client = clickhouse.connect(load(QuerySettings, ground.environ))
        self._load = Load(ground.ports.collector, options.batches_a_second, options.seed, options.cargo)
        self._oracle = Oracle(self._client, ground.bootstrap_servers, options.cargo)
        self._erasing = Erasing(ground, self._load.ledger.acknowledged, options.seed, options.erasures)
        self._plans = [iter(Schedule(options.seed, slot.number, self._deck)) for slot in slots]
        self._leaders = Leaders(ground, options.leader_seconds)
        self._report = Report(
            options.seed,
            options.brokers,
            options.control,
            options.cargo.items,
            erasures=self._erasing.told,
        )
        self._enough = asyncio.Event()
        self._began = time.monotonic()

    async def to_end(self) -> Report:
        """Rounds until time is up, enough has landed, or a control has shown what it is for."""
        if self._ground.disk.fault and any(Kind.DISK_FULL in kinds for kinds in self._deck.values()):
            self._note(f"a full disk, since none can be mounted: {self._ground.disk.fault}")
        if self._options.control:
            weaken_tables(self._client, Control(self._options.control), self._options.cargo)
        number = 0
        while not self._is_over():
            await self._round(number)
            number += 1
        if self._options.leader_seconds:
            self._hold_to_options()
        return self._report

    def _hold_to_options(self) -> None:
        if not self._leaders.killed:
            raise Infrastructure("No leader was killed: the run was too short.")
        wanted, reached = self._options.batches_a_second * EVENTS_A_BATCH, self._report.rate
        if reached < _RATE_IS_HELD * wanted:
            self._note(f"{wanted:,.0f} {self._options.cargo.items} a second: the load reached {reached:,.0f}")

    def _is_over(self) -> bool:
        if self._options.control and self._report.verdict.mismatches:
            return True
        return (
            bool(self._report.stalled)
            or self._has_enough()
            or (self._options.erasures > 0 and self._erasing.is_done)
            or time.monotonic() - self._began >= self._options.seconds
        )

    def _has_enough(self) -> bool:
        wanted = self._options.faults_a_point
        return bool(wanted) and all(self._report.at(point) >= wanted for point in self._deck)

    def _note(self, note: str) -> None:
        self._report.notes.append(note)
        click.echo(f"NOT TRIED: {note}")

    async def _round(self, number: int) -> None:
        regime = UNDER_LOAD if self._options.leader_seconds else REGIMES[number % len(REGIMES)]
        await self._until_group_is_empty()
        for slot in self._slots:
            await slot.start(regime)
        first, before = self._load.ledger.begun, time.monotonic()
        left = self._options.seconds - (before - self._began)
        length = _CONTROL_ROUND_SECONDS if self._options.control else self._options.round_seconds
        async with self._load.running(), self._erasing.going_on():
            await self._inflict(min(length, left))
        await self._until_stored()
        ledger = self._load.ledger
        verdict = await asyncio.to_thread(
            self._oracle.judge, first, ledger.begun, ledger.acknowledged, self._erasing.erased
        )
        for slot in self._slots:
            await slot.stop()
        self._report.verdict.add(verdict)
        await asyncio.to_thread(self._oracle.forget_much, ledger.begun)
        self._report.repeated = ledger.repeated
        self._report.load_seconds = ledger.seconds
        self._report.leaders_killed = self._leaders.killed
        self._report.restarts = sum(slot.fell for slot in self._slots)
        self._report.seconds = time.monotonic() - self._began
        click.echo(f"{self._report.progress()}  ({regime})")

    async def _inflict(self, seconds: float) -> None:
        """Fault every slot, or Kafka's leaders, again and again, for so long; then let everything run."""
        self._enough.clear()
        if self._options.leader_seconds:
            workers = [asyncio.create_task(self._leaders.kill_until(self._enough))]
        else:
            workers = [
                asyncio.create_task(self._work(slot, plans))
                for slot, plans in zip(self._slots, self._plans, strict=True)
            ]
        timer = asyncio.get_running_loop().call_later(seconds, self._enough.set)
        try:
            await asyncio.gather(*workers)
        finally:
            timer.cancel()
            for worker in workers:
                worker.cancel()
        for slot in self._slots:
            await slot.calm()

    async def _work(self, slot: Slot, plans: Iterator[Planned]) -> None:
        while not self._enough.is_set():
            plan = next(plans)
            async with slot.standing(plan, nudge, self._enough) as visit:
                if visit is not None:
                    await self._do(slot, plan, visit)
                elif not self._enough.is_set():
                    self._ground.note(f"slot {slot.number}: {plan.point} is not reached")
                    self._report.missed[plan.point, plan.kind] += 1
            if self._has_enough():
                self._enough.set()

    async def _do(self, slot: Slot, plan: Planned, visit: Visit) -> None:
        self._ground.note(
            f"slot {slot.number} ({visit.pid}): {plan.kind} at {plan.point}, {visit.records} records"
        )
        try:
            async with asyncio.timeout(_FAULT_SECONDS):
                took_place = await DO[plan.kind](Scene(self._ground, slot, plan, visit))
        except TimeoutError:
            raise Infrastructure(f"{plan.kind} at {plan.point} does not end.") from None
        self._ground.note(
            f"slot {slot.number}: {plan.kind} {'is over' if took_place else 'did not take place'}"
        )
        (self._report.landed if took_place else self._report.missed)[plan.point, plan.kind] += 1

    async def _until_stored(self) -> None:
        """Wait until the spool is empty and all is committed, or both have had time enough."""
        deadline = time.monotonic() + _LAG_SECONDS
        while spooled := await asyncio.to_thread(self._ground.spooled):
            if time.monotonic() > deadline:
                self._report.stalled = spooled
                return
            await asyncio.sleep(_POLL_SECONDS)
        while (
            lag := await asyncio.to_thread(_lag, self._ground.bootstrap_servers, self._options.cargo.topic)
        ) != 0:
            if time.monotonic() > deadline:
                for slot in self._slots:  # where do they stand? Their log says it
                    slot.process.send(signal.SIGUSR1)
                await asyncio.sleep(_POLL_SECONDS)
                if lag is None:
                    raise Infrastructure("Kafka does not say what the group has committed.")
                self._report.stalled = lag
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def _until_group_is_empty(self) -> None:
        """Static members stay in the group until their session ends; another regime must find it empty."""
        admin = AdminClient({"bootstrap.servers": self._ground.bootstrap_servers})
        while await asyncio.to_thread(_members, admin, _group(self._options.cargo.topic)):  # noqa: ASYNC110  Kafka tells nobody
            await asyncio.sleep(_POLL_SECONDS)


def _group(topic: Topic) -> str:
    return group_of(topic, _GROUP)


def _members(admin: AdminClient, group: str) -> int:
    future = admin.describe_consumer_groups([group], request_timeout=10)[group]
    try:
        return len(future.result().members)
    except Exception:
        return 0


def _lag(bootstrap_servers: str, topic: Topic) -> int | None:
    """Records that the group has not committed; None while Kafka does not say, as soon after a restart."""
    asking = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": _group(topic)})
    try:
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        lag = 0
        for place in asking.committed(places, timeout=20):
            low, high = asking.get_watermark_offsets(place, timeout=20)
            lag += high - max(place.offset, low)
        return lag
    except KafkaException:
        return None
    finally:
        asking.close()
