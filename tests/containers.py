"""The stack with Kafka and ClickHouse in containers: `python -m tests.containers`, instead of `sillage up`.

The images and Kafka's settings are those of docker-compose.yml. The other parts are the processes that
`sillage up` runs, as it runs them, so that a test sees no difference.
"""

import asyncio
import dataclasses
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML
from testcontainers.core.container import DockerContainer

from local.credentials import Credentials, credentials
from local.data_dir import DataDir
from local.kafka.broker import Broker
from local.part import Part
from local.ports import HOST, Ports
from local.probes import notify_sockets, until_http_ok
from local.roster import Roster
from local.stack import NOTIFYING, part_environ, parts, settings
from local.supervisor import Supervisor
from runtime.settings import write_stack

COMPOSE_FILE = Path(__file__).parents[1] / "docker-compose.yml"
OWN_PARTS = ("migrate", "collector", "consumer")
READY_WITHIN_S = 60


def compose_services() -> dict[str, Any]:
    """The services of docker-compose.yml, its variables as they are written there."""
    services: dict[str, Any] = YAML(typ="safe").load(COMPOSE_FILE)["services"]
    return services


@contextmanager
def running(
    service: str, container_port: int, host_port: int, environ: Mapping[str, str], logs: Path
) -> Iterator[None]:
    """Run one service's image, reached through a port of this machine's loopback interface; keep its log."""
    image = compose_services()[service]["image"]
    container = DockerContainer(image, env=dict(environ), hostname=service)
    published: dict[str, Any] = {f"{container_port}/tcp": (HOST, host_port)}
    container.ports.update(published)
    with container:
        stream = container.get_wrapped_container().logs(stream=True, follow=True)
        threading.Thread(target=_copy, args=(stream, logs / f"{service}.log"), daemon=True).start()
        yield


def _copy(stream: Iterator[bytes], log: Path) -> None:
    with log.open("wb", buffering=0) as out:
        for chunk in stream:
            out.write(chunk)


def kafka_environ(ports: Ports) -> dict[str, str]:
    """Kafka's settings as Compose gives them, but for the port that it names to clients on this machine."""
    environ: dict[str, str] = compose_services()["kafka"]["environment"]
    return environ | {"KAFKA_ADVERTISED_LISTENERS": f"INSIDE://kafka:9092,HOST://{HOST}:{ports.kafka}"}


def own_parts(all_parts: list[Part]) -> list[Part]:
    """What runs in no container: migrate, then the collector and the consumer."""
    return [
        dataclasses.replace(part, after=tuple(name for name in part.after if name in OWN_PARTS))
        for part in all_parts
        if part.name in OWN_PARTS
    ]


async def until_servers_answer(ports: Ports) -> None:
    """Wait for both servers; TimeoutError if one does not come up."""
    kafka = Broker(Path(), (), HOST, ports.kafka, ports.kafka_controller)
    async with asyncio.timeout(READY_WITHIN_S):
        await asyncio.gather(kafka.until_ready(), until_http_ok(HOST, ports.clickhouse, "/ping"))


def serve(data: DataDir, ports: Ports, known: Credentials) -> None:
    """Run Sillage's own parts on the servers until SIGTERM."""
    found = settings(data, ports, known, os.environ)
    data.clear_metrics()

    def everything_is_ready() -> None:
        write_stack(data.root, found)
        click.echo(f"ready\n  secret key  {known.new_secret_key}\nCtrl-C stops everything.")

    with notify_sockets(data.run, NOTIFYING) as sockets:
        environ = part_environ(data, os.environ, found)
        own = own_parts(parts(data, ports, known.clickhouse_password, environ, (), sockets))
        supervisor = Supervisor(own, data.logs, Roster(data.run / "pids.json"), lambda _part: None)
        asyncio.run(supervisor.run(everything_is_ready))


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), required=True)
@click.option("--port-base", type=int, required=True)
def main(data_dir: Path, port_base: int) -> None:
    """Run until SIGTERM, and say what `sillage up` says."""
    data, ports = DataDir(data_dir), Ports(port_base)
    with data.held():
        known = credentials(data, ports)
        clickhouse_environ = {"CLICKHOUSE_PASSWORD": known.clickhouse_password}
        with (
            running("kafka", 8082, ports.kafka, kafka_environ(ports), data.logs),
            running("clickhouse", 8123, ports.clickhouse, clickhouse_environ, data.logs),
        ):
            asyncio.run(until_servers_answer(ports))
            serve(data, ports, known)


if __name__ == "__main__":
    main()
