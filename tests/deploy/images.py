"""Real servers in place of the images that docker-compose.yml names, with the settings that it gives them."""

import os
import subprocess
import sys
from pathlib import Path

from local.kafka.broker import Broker
from local.kafka.jars import local_jars
from local.ports import HOST
from tests.conftest import ROOT, free_port_base
from tests.deploy.stand_in_engine import Container, Run

KAFKA_PORT_ON_HOST, KAFKA_PORT_INSIDE, KAFKA_CONTROLLER_PORT = 8082, 9092, 9093
CLICKHOUSE_PORT = 8123


def kafka_properties(environ: dict[str, str], published: int, directory: Path) -> dict[str, str]:
    """What the image makes of its environment, moved from the container's network to this machine's."""
    base = free_port_base()
    ports = {KAFKA_PORT_ON_HOST: published, KAFKA_PORT_INSIDE: base, KAFKA_CONTROLLER_PORT: base + 1}
    moved = {name.removeprefix("KAFKA_").lower().replace("_", "."): text for name, text in environ.items()}
    for name in ("listeners", "advertised.listeners", "controller.quorum.voters"):
        moved[name] = moved[name].replace("://:", f"://{HOST}:").replace("://kafka:", f"://{HOST}:")
        for port, free in ports.items():
            moved[name] = moved[name].replace(f":{port}", f":{free}")
    return moved | {"log.dirs": str(directory / "data")}


def kafka(directory: Path) -> Run:
    """Stands in for apache/kafka: the same server from its jars."""

    def run(container: Container) -> "subprocess.Popen[bytes]":
        directory.mkdir()
        _, published = container.ports[KAFKA_PORT_ON_HOST]
        broker = Broker(directory, local_jars(lambda _there, _total: None), HOST, published, 0)
        broker.configure()
        properties = kafka_properties(container.environ, published, directory)
        text = "".join(f"{name}={value}\n" for name, value in properties.items())
        (directory / "server.properties").write_text(text)
        subprocess.run(broker.format_argv, env=broker.environ, cwd=directory, check=True)
        return subprocess.Popen(broker.serve_argv, env=broker.environ, cwd=directory)

    return run


def clickhouse(directory: Path) -> Run:
    """Stands in for clickhouse/clickhouse-server: the embedded engine."""

    def run(container: Container) -> "subprocess.Popen[bytes]":
        host, port = container.ports[CLICKHOUSE_PORT]
        command = [sys.executable, "-m", "local.clickhouse", str(directory)]
        address = ["--host", host, "--port", str(port)]
        return subprocess.Popen([*command, *address], env=os.environ | container.environ, cwd=ROOT)

    return run
