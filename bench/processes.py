"""The real processes that are measured: Kafka, ClickHouse, and Sillage's own commands."""

import asyncio
import contextlib
import ctypes
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from clickhouse_connect.driver.client import Client

from bench.traffic import TENANTS
from local.kafka.broker import Broker
from local.kafka.jars import local_jars
from local.ports import HOST, Ports
from local.probes import notify_socket, until_http_ok
from runtime.clickhouse import connect
from runtime.kafka import Admin
from runtime.settings import KafkaSettings, QuerySettings, load
from runtime.topics import create_missing
from schemas.topics import USAGE, Topic
from sql import runner

_STOP_SECONDS = 10


@dataclass(frozen=True)
class Measured:
    """A running process, and the CPU time that it has used."""

    process: psutil.Process

    def cpu_seconds(self) -> float:
        """User and system time so far, by the process's own clock: its times in /proc go by hundredths."""
        clock = ctypes.c_int()
        if ctypes.CDLL(None).clock_getcpuclockid(self.process.pid, ctypes.byref(clock)):
            raise ProcessLookupError(self.process.pid)
        return time.clock_gettime(clock.value)

    def rss_mb(self) -> float:
        """Resident memory in megabytes."""
        return float(self.process.memory_info().rss / 1e6)


@dataclass(frozen=True)
class Engines:
    """Kafka and ClickHouse, migrated, on directories of their own."""

    directory: Path
    ports: Ports
    environ: dict[str, str]
    broker: Broker
    kafka: Measured
    clickhouse: Measured


@contextlib.contextmanager
def running(
    argv: list[str], environ: Mapping[str, str], log: Path, cwd: Path | None = None
) -> Iterator[Measured]:
    """A process that is ended with the block, its output added to the log."""
    with log.open("ab") as output:
        process = subprocess.Popen(argv, env=environ, cwd=cwd, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield Measured(psutil.Process(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def engines(directory: Path, port_base: int) -> Iterator[Engines]:
    """Start both, make topics and tables, stop them at the end."""
    ports, password = Ports(port_base), secrets.token_urlsafe(16)
    for part in ("kafka", "clickhouse"):
        (directory / part).mkdir()
    broker = Broker(
        directory / "kafka",
        local_jars(lambda _there, _total: None),
        HOST,
        ports.kafka,
        ports.kafka_controller,
    )
    broker.configure()
    subprocess.run(
        broker.format_argv, env=broker.environ, cwd=broker.directory, check=True, capture_output=True
    )
    environ = dict(os.environ) | {
        "CLICKHOUSE_PASSWORD": password,
        "SILLAGE_CLICKHOUSE_PASSWORD": password,
        "SILLAGE_CLICKHOUSE_URL": f"http://{HOST}:{ports.clickhouse}",
        "SILLAGE_KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{ports.kafka}",
        "SILLAGE_COLLECTOR_PORT": str(ports.collector),
        "SILLAGE_GEO_DATABASES": "",
        "SILLAGE_ADDRESS_REQUESTS_PER_SECOND": "1000000",
        "SILLAGE_TENANT_REQUESTS_PER_SECOND": "1000000",
        "SILLAGE_MAX_CONNECTIONS_PER_ADDRESS": "10000",
        **TENANTS.write(directory),
    }
    with kafka(broker, directory) as node, clickhouse(directory, ports, environ) as engine:
        subprocess.run([sys.executable, "-m", "cli", "migrate"], env=environ, check=True, capture_output=True)
        yield Engines(directory, ports, environ, broker, node, engine)


@contextlib.contextmanager
def kafka(broker: Broker, directory: Path) -> Iterator[Measured]:
    """Kafka on its directory, ready."""
    with running(broker.serve_argv, broker.environ, directory / "kafka.log", broker.directory) as node:
        asyncio.run(broker.until_ready())
        yield node


@contextlib.contextmanager
def clickhouse(directory: Path, ports: Ports, environ: Mapping[str, str]) -> Iterator[Measured]:
    """ClickHouse on its directory, ready."""
    argv = [sys.executable, "-m", "local.clickhouse", str(directory / "clickhouse")]
    argv += ["--host", HOST, "--port", str(ports.clickhouse)]
    with running(argv, environ, directory / "clickhouse.log") as engine:
        asyncio.run(until_http_ok(HOST, ports.clickhouse, "/ping"))
        yield engine


@contextlib.contextmanager
def migrated_clickhouse(directory: Path, port_base: int) -> Iterator[tuple[Measured, Client]]:
    """ClickHouse alone on its directory, which may be one that is kept, migrated; and a client."""
    (directory / "clickhouse").mkdir(parents=True, exist_ok=True)
    ports, password = Ports(port_base), "bench"
    environ = dict(os.environ) | {
        "CLICKHOUSE_PASSWORD": password,
        "SILLAGE_CLICKHOUSE_PASSWORD": password,
        "SILLAGE_CLICKHOUSE_URL": f"http://{HOST}:{ports.clickhouse}",
    }
    with clickhouse(directory, ports, environ) as engine:
        settings = load(QuerySettings, environ)
        runner.create_database(connect(settings, "default"), settings.clickhouse_database)
        client = connect(settings, timeout_seconds=1_800)
        for migration in runner.pending(client):
            runner.apply(client, migration)
        yield engine, client


@contextlib.contextmanager
def collector(at: Engines, **settings: str) -> Iterator[Measured]:
    """A collector, ready."""
    argv = [sys.executable, "-m", "cli", "collector"]
    with running(argv, at.environ | settings, at.directory / "collector.log") as process:
        asyncio.run(asyncio.wait_for(until_http_ok(HOST, at.ports.collector, "/readyz"), 30))
        yield process


@contextlib.contextmanager
def bare_collector(at: Engines) -> Iterator[tuple[Measured, int]]:
    """The yardstick of row 5, ready, and its port; it writes to a topic that nobody reads."""
    topic, port = Topic("bench.bare", USAGE.partitions), at.ports.demo
    create_missing(Admin(load(KafkaSettings, at.environ)), [topic], 1)
    argv = [sys.executable, "-m", "uvicorn", "bench.bare_collector:app", "--host", HOST, "--port", str(port)]
    argv += ["--loop", "uvloop", "--http", "httptools", "--lifespan", "off", "--no-access-log"]
    environ = at.environ | {"BROKER": at.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"], "TOPIC": topic.name}
    with running(argv, environ, at.directory / "bare.log") as process:
        asyncio.run(asyncio.wait_for(until_http_ok(HOST, port, "/"), 30))
        yield process, port


@contextlib.contextmanager
def consumer(at: Engines, topic: str = "usage", **settings: str) -> Iterator[Measured]:
    """A consumer that has its partitions."""
    argv = [sys.executable, "-m", "cli", "consumer", "--topic", topic]
    with notify_socket(at.directory, "consumer") as ready:
        environ = at.environ | settings | {"NOTIFY_SOCKET": str(ready.path)}
        with running(argv, environ, at.directory / "consumer.log") as process:
            asyncio.run(asyncio.wait_for(ready.until_ready(), 60))
            yield process
