"""A Kafka node that lets in over TLS, and by a SCRAM password alone, whoever is no broker."""

import contextlib
import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path

from local.kafka.broker import Broker
from local.kafka.jars import local_jars
from local.ports import HOST, Ports
from tests.brokers import RunningBroker
from tests.conftest import free_port_base
from tests.tls import Authority

USER, PASSWORD = "sillage", "correct horse battery staple"
_PROPERTIES = {
    "listeners": "BROKER://{host}:{port},CLIENTS://{host}:{clients},CONTROLLER://{host}:{controller}",
    "advertised.listeners": "BROKER://{host}:{port},CLIENTS://localhost:{clients}",
    "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,CLIENTS:SASL_SSL",
    "listener.name.clients.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.clients.scram-sha-512.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "listener.name.clients.ssl.keystore.type": "PEM",
    "listener.name.clients.ssl.keystore.location": "{keystore}",
}


@dataclasses.dataclass(frozen=True)
class SecureKafka:
    """Where it is, and what clients must know of it."""

    address: str
    authority: Authority

    @property
    def environ(self) -> dict[str, str]:
        return {
            "SILLAGE_KAFKA_BOOTSTRAP_SERVERS": self.address,
            "SILLAGE_KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
            "SILLAGE_KAFKA_SASL_USERNAME": USER,
            "SILLAGE_KAFKA_SASL_PASSWORD": PASSWORD,
            "SILLAGE_KAFKA_CA_FILE": str(self.authority.file),
        }


@contextlib.contextmanager
def running_secure_kafka(directory: Path) -> Iterator[SecureKafka]:
    """One, until the block ends."""
    authority = Authority(directory / "authority")
    ports, clients = Ports(free_port_base()), free_port_base()
    values = {
        "host": HOST, "port": ports.kafka, "clients": clients, "controller": ports.kafka_controller,
        "keystore": authority.server_file,
    }  # fmt: skip
    properties = {name: value.format(**values) for name, value in _PROPERTIES.items()}
    jars = local_jars(lambda _there, _total: None)
    broker = Broker(directory, jars, HOST, ports.kafka, ports.kafka_controller, properties=properties)
    broker.configure()
    user = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
    subprocess.run([*broker.format_argv, "--add-scram", user], env=broker.environ, cwd=directory, check=True)
    running = RunningBroker(broker)
    try:
        running.start()
        yield SecureKafka(f"localhost:{clients}", authority)
    finally:
        running.kill()
