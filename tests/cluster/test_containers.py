"""Two shards of two replicas and a Keeper in containers: a replica is killed amid INSERTs."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from consumers.batch import Pending
from consumers.errors import RetryLater
from runtime.clickhouse import ClickHouseUnreachable, connect
from runtime.settings import QuerySettings, load
from sql import runner
from tests.conftest import CHOICE
from tests.consumers.landing import OneConsumer, content, rows
from tests.containers import compose_services
from tests.engines import Engine

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

PASSWORD = "correct horse"
SERVERS = {"ch-1a": (1, "a"), "ch-1b": (1, "b"), "ch-2a": (2, "a"), "ch-2b": (2, "b")}
KEEPER = """<clickhouse><listen_host>0.0.0.0</listen_host><keeper_server><tcp_port>9181</tcp_port>
<server_id>1</server_id><raft_configuration><server><id>1</id><hostname>keeper</hostname><port>9234</port></server>
</raft_configuration></keeper_server></clickhouse>"""


def server_config(name: str) -> str:
    shard, replica = SERVERS[name]
    shards = "".join(
        "<shard><internal_replication>true</internal_replication>"
        + "".join(
            f"<replica><host>{host}</host><port>9000</port></replica>"
            for host, (of, _) in SERVERS.items()
            if of == number
        )
        + "</shard>"
        for number in (1, 2)
    )
    return f"""<clickhouse><listen_host>0.0.0.0</listen_host>
<interserver_http_host>{name}</interserver_http_host>
<zookeeper><node><host>keeper</host><port>9181</port></node></zookeeper>
<distributed_ddl><path>/clickhouse/ddl</path></distributed_ddl>
<macros><shard>{shard}</shard><replica>{replica}</replica></macros>
<remote_servers><sillage><secret>shared</secret>{shards}</sillage></remote_servers></clickhouse>"""


@pytest.fixture(scope="module")
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, DockerContainer]]:
    choice = request.config.stash[CHOICE]
    if choice.engine is not Engine.CONTAINERS:
        pytest.skip(f"a cluster needs containers: {choice.reason}")
    image, directory = compose_services()["clickhouse"]["image"], tmp_path_factory.mktemp("cluster")
    configs = {"keeper": KEEPER} | {name: server_config(name) for name in SERVERS}
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        running = {}
        for name, config in configs.items():
            file = Path(directory, f"{name}.xml")
            file.write_text(config)
            container = DockerContainer(image, env={"CLICKHOUSE_PASSWORD": PASSWORD}, hostname=name)
            container.with_network(network).with_network_aliases(name).with_exposed_ports(8123)
            container.with_volume_mapping(str(file), "/etc/clickhouse-server/config.d/cluster.xml", "ro")
            running[name] = stack.enter_context(container)
        yield running


def client_of(container: DockerContainer, database: str = "sillage") -> Client:
    """A client as every process has it, once the server answers."""
    url = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(8123)}"
    named = {"URL": url, "PASSWORD": PASSWORD, "CLUSTER": "sillage"}
    settings = load(QuerySettings, {f"SILLAGE_CLICKHOUSE_{name}": value for name, value in named.items()})
    while True:  # pytest's time-out bounds it
        try:
            return connect(settings, database)
        except ClickHouseUnreachable:
            time.sleep(0.2)


def pending(consumer: OneConsumer, offsets: range) -> list[Pending]:
    return [consumer.pending(offset, content(), partition=offset % 2) for offset in offsets]


def store_at_last(consumer: OneConsumer, items: list[Pending]) -> None:
    while True:  # pytest's time-out bounds it
        try:
            return consumer.store(items)
        except RetryLater:
            time.sleep(0.2)


def test_a_replica_that_is_killed_amid_inserts_doubles_and_loses_nothing(
    cluster: dict[str, DockerContainer],
) -> None:
    for name in SERVERS:
        client_of(cluster[name], "default")
    runner.create_database(client_of(cluster["ch-1a"], "default"), "sillage")
    client = client_of(cluster["ch-1a"])
    for migration in runner.pending(client):
        runner.apply(client, migration)
    consumer = OneConsumer(client)
    store_at_last(consumer, pending(consumer, range(100)))
    killed = cluster["ch-2b"].get_wrapped_container()
    killed.kill()
    late = pending(consumer, range(100, 200))
    with pytest.raises(RetryLater):  # both replicas are the quorum of two
        consumer.store(late)
    killed.start()
    store_at_last(consumer, late)
    expected = {(offset % 2, offset): 3 for offset in range(200)}
    for name in SERVERS:
        seen = client_of(cluster[name])
        seen.command("SYSTEM SYNC REPLICA usage_events_local")
        assert rows(seen) == expected, name
        (own,) = seen.query("SELECT count() FROM usage_events_local").result_rows[0]
        assert 0 < own < 600, f"{name} holds one shard's rows"
