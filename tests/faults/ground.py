"""What a run stands on: Kafka's nodes, ClickHouse, the zygote, the collector, topics and tables."""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient

from bench.traffic import TENANTS
from ingest.spooling.directory import SpoolDirectory
from local.kafka.broker import Broker, new_cluster_id
from local.kafka.jars import local_jars
from local.ports import HOST, Ports
from local.probes import POLL_SECONDS, until_http_ok
from runtime.settings import PREFIX
from tests.faults.ahead import cheap_start
from tests.faults.cargo import USAGE, Cargo
from tests.faults.disk import Disk
from tests.faults.errors import Infrastructure
from tests.faults.processes import Forked, Server, Zygote, clickhouse, kafka_node, run_to_end
from tests.faults.switchboard import Switchboard
from tests.faults.zygote import Request

_COLLECTOR_SECONDS = 180.0
_SPOOL_BYTES = 1 << 30
_SHORT_SESSIONS = {
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "2500",
    "group.consumer.min.heartbeat.interval.ms": "300",
    "group.consumer.heartbeat.interval.ms": "500",
}
_REPLICATED = {
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    "min.insync.replicas": "2",
}


@dataclass
class Ground:
    """The running processes, but for the consumers."""

    directory: Path
    ports: Ports
    environ: dict[str, str]
    cargo: Cargo
    """What is sent and counted."""
    kafka: list[Server]
    engine: Server
    disk: Disk
    zygote: Zygote
    switchboard: Switchboard
    collector: Forked | None = None
    collector_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    guest_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    freeze_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One consumer at a time is frozen past its session: the other is its successor."""

    @property
    def logs(self) -> Path:
        """Where every process writes."""
        return self.directory / "logs"

    def note(self, what: str) -> None:
        """Write a line into the journal: the order of things, to be read beside the processes' logs."""
        with (self.logs / "journal.log").open("a") as journal:
            journal.write(f"{datetime.now():%H:%M:%S.%f} {what}\n")

    @property
    def bootstrap_servers(self) -> str:
        """Kafka's nodes."""
        return self.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"]

    def request(
        self, role: str, environ: Mapping[str, str], clock_offset: float = 0.0, control: str = ""
    ) -> Request:
        """What to tell the zygote."""
        return Request(
            role,
            self.environ | dict(environ),
            str(self.logs / f"{role}.log"),
            str(self.directory / "switchboard.sock"),
            self.cargo.name,
            clock_offset,
            control,
        )

    async def start_collector(self, clock_offset: float = 0.0) -> None:
        """Start the collector and wait until it takes events; raises Infrastructure."""
        ready = asyncio.ensure_future(until_http_ok(HOST, self.ports.collector, "/healthz"))
        try:
            async with asyncio.timeout(_COLLECTOR_SECONDS):
                while not ready.done():  # without Kafka it ends, and is started again
                    self.collector = await self.zygote.fork(self.request("collector", {}, clock_offset))
                    ended = asyncio.ensure_future(self.collector.exited)
                    either: list[asyncio.Future[Any]] = [ready, ended]
                    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise Infrastructure("The collector does not start: see collector.log.") from None
        finally:
            ready.cancel()

    def spooled(self) -> int:
        """Records that wait in the collector's spool."""
        store = SpoolDirectory(self.directory / "spool").open(_SPOOL_BYTES)
        try:
            return store.totals().records
        finally:
            store.close()

    async def stop_collector(self) -> None:
        """SIGTERM."""
        if self.collector:
            self.collector.send(signal.SIGTERM)
            await self.collector.end(within=8)

    async def leader(self, partition: int) -> Server:
        """The node that leads a partition of the topic that is written."""
        if len(self.kafka) == 1:
            return self.kafka[0]
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        topic = self.cargo.topic.name
        described = await asyncio.to_thread(admin.list_topics, topic, 10)
        leader = described.topics[topic].partitions[partition].leader
        return self.kafka[max(leader, 1) - 1]


@contextlib.asynccontextmanager
async def prepared(
    directory: Path,
    brokers: int,
    free_port_base: Callable[[], int],
    cargo: Cargo = USAGE,
    *,
    has_cheap_starts: bool = False,
) -> AsyncIterator[Ground]:
    """Start all but the consumers, make topics and tables, stop all at the end; raises Infrastructure."""
    ports, logs = Ports(free_port_base()), directory / "logs"
    logs.mkdir()
    disk = Disk(directory / "clickhouse")
    switchboard = Switchboard()
    nodes = _brokers(directory, brokers, ports, free_port_base)
    if has_cheap_starts:
        options = await cheap_start(nodes[0])
        nodes = [replace(node, java_options=options) for node in nodes]
    environ = _environ(directory, ports, nodes)
    await switchboard.open(directory / "switchboard.sock")
    with disk.mounted():
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(switchboard.close)
            zygote = await stack.enter_async_context(Zygote.running(directory, environ))
            engine = clickhouse(disk.directory, ports.clickhouse, environ, logs)
            kafka = [kafka_node(node, logs) for node in nodes]
            for server in (engine, *kafka):
                stack.push_async_callback(server.stop)
            for node in nodes:
                node.configure()
                await run_to_end(node.format_argv, node.environ, node.directory)
            await asyncio.gather(*(server.start() for server in (engine, *kafka)))
            await asyncio.wait_for(_until_all_nodes(nodes), _COLLECTOR_SECONDS)
            await run_to_end([sys.executable, "-m", "cli", "migrate"], environ)
            ground = Ground(directory, ports, environ, cargo, kafka, engine, disk, zygote, switchboard)
            stack.push_async_callback(ground.stop_collector)
            await ground.start_collector()
            yield ground


def _brokers(directory: Path, count: int, ports: Ports, free_port_base: Callable[[], int]) -> list[Broker]:
    pairs = [(ports.kafka, ports.kafka_controller)]
    if count > 1:
        further = free_port_base()
        pairs += [(further + 2 * number, further + 2 * number + 1) for number in range(count - 1)]
    voters = ",".join(f"{number}@{HOST}:{pair[1]}" for number, pair in enumerate(pairs, 1))
    cluster_id, jars = new_cluster_id(), local_jars(lambda _there, _total: None)
    nodes = []
    for number, (port, controller_port) in enumerate(pairs, 1):
        own = directory / f"kafka-{number}"
        own.mkdir()
        properties = _SHORT_SESSIONS | (_REPLICATED if count > 1 else {})
        nodes.append(Broker(own, jars, HOST, port, controller_port, number, voters, cluster_id, properties))
    return nodes


async def _until_all_nodes(nodes: list[Broker]) -> None:
    admin = AdminClient({"bootstrap.servers": f"{HOST}:{nodes[0].port}"})
    while len((await asyncio.to_thread(admin.list_topics, timeout=10)).brokers) < len(nodes):  # noqa: ASYNC110
        await asyncio.sleep(POLL_SECONDS)


def _environ(directory: Path, ports: Ports, nodes: list[Broker]) -> dict[str, str]:
    password = secrets.token_urlsafe(16)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | {
        "CLICKHOUSE_PASSWORD": password,
        "SILLAGE_CLICKHOUSE_PASSWORD": password,
        "SILLAGE_CLICKHOUSE_URL": f"http://{HOST}:{ports.clickhouse}",
        "SILLAGE_KAFKA_BOOTSTRAP_SERVERS": ",".join(f"{HOST}:{node.port}" for node in nodes),
        "SILLAGE_KAFKA_REPLICATION_FACTOR": str(len(nodes)),
        "SILLAGE_COLLECTOR_PORT": str(ports.collector),
        "SILLAGE_ACK_TIMEOUT_MS": "3000",
        "SILLAGE_SPOOL_DIR": str(directory / "spool"),
        "SILLAGE_SPOOL_MAX_AGE_HOURS": "1000000",  # wrong clocks are judged by the consumers
        "SILLAGE_GEO_DATABASES": "",
        **TENANTS.write(directory),
    }
