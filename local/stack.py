"""The stack as data: its settings and its parts, each started after what it needs.

format Kafka's storage (once) -> kafka --+-> migrate --+-> collector
                         clickhouse -----+             |        `--> jobs
                                              +-> consumer, span-consumer

The demo's parts are in `local/demo/parts.py`.
"""

import functools
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.credentials import Credentials
from local.data_dir import DataDir
from local.kafka.broker import Broker
from local.part import Part
from local.ports import HOST, Ports
from local.probes import NotifySocket, until_http_ok
from runtime.settings import CollectorSettings, ConsumerSettings, load, variable
from schemas.topics import SPANS, USAGE

_LOCAL_ONLY = ("NOTIFY_SOCKET", "SILLAGE_ADMIN_PORT")
_TRUSTED = variable("trusted_proxies")
_THIS_MACHINE = f"{HOST}/32"
"""Whoever runs a proxy here, and the demo's visitors, may say in X-Forwarded-For for whom they ask."""
CONSUMERS = {"consumer": USAGE.what, "span-consumer": SPANS.what}
"""The consumers' parts, and what each moves."""
NOTIFYING = (*CONSUMERS, "jobs")
"""The parts that tell by a socket that they are ready."""
_DATA_IS_SAFE = "What Kafka has acknowledged is safe: run the same command again."


def settings(
    data: DataDir, ports: Ports, credentials: Credentials, environ: Mapping[str, str]
) -> dict[str, str]:
    """The settings that find this stack, by variable: for its parts and for commands that are run beside it.

    The user's own tenants win; where the stack's own processes listen is the stack's to say.
    """
    owned: dict[str, object] = {
        "kafka_bootstrap_servers": f"{HOST}:{ports.kafka}",
        "kafka_security_protocol": "plaintext",
        "kafka_sasl_username": "",
        "kafka_sasl_password": "",
        "kafka_sasl_password_file": "",
        "kafka_ca_file": "",
        "kafka_replication_factor": 1,
        "clickhouse_url": f"http://{HOST}:{ports.clickhouse}",
        "clickhouse_user": "default",
        "clickhouse_password": credentials.clickhouse_password,
        "clickhouse_ca_file": "",
        "collector_host": HOST,
        "collector_port": ports.collector,
        "collector_metrics_urls": f"http://{HOST}:{ports.admin}/metrics",
        "log_dir": data.logs.absolute(),
        "backup_dir": data.backups.absolute(),
    }
    defaults = {
        "tenants_file": credentials.tenants_file,
        "pseudonym_keys_file": credentials.pseudonym_keys_file,
        "state_dir": data.state.absolute(),
        "operator_token_file": data.operator_token.absolute(),
    }
    chosen = {variable(name): environ.get(variable(name), str(file)) for name, file in defaults.items()}
    return chosen | {variable(name): str(value) for name, value in owned.items()}


def part_environ(data: DataDir, environ: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """The environment of Sillage's own parts; raises SettingError when the user's has a wrong setting."""
    inherited = {name: value for name, value in environ.items() if name not in _LOCAL_ONLY}
    defaults = {variable("spool_dir"): str(data.spool)}
    combined = defaults | inherited | dict(values) | {"PROMETHEUS_MULTIPROC_DIR": str(data.metrics)}
    load(CollectorSettings, combined)
    load(ConsumerSettings, combined)
    return combined


def parts(
    data: DataDir,
    ports: Ports,
    clickhouse_password: str,
    environ: Mapping[str, str],
    jars: Sequence[Path],
    sockets: Mapping[str, NotifySocket],
) -> list[Part]:
    """Every part; `environ` is that of `part_environ`, `sockets` has one for each of NOTIFYING."""
    broker = Broker(data.kafka, jars, HOST, ports.kafka, ports.kafka_controller)
    broker.configure()
    return [
        *_kafka(broker),
        _clickhouse(data, ports, clickhouse_password, environ),
        Part(
            name="migrate",
            argv=_sillage("migrate"),
            environ=environ,
            after=("kafka", "clickhouse"),
            remedy="Mend what it names, then run the same command again; nothing is lost.",
        ),
        Part(
            name="collector",
            argv=_sillage("collector"),
            environ={_TRUSTED: _THIS_MACHINE, **environ, variable("admin_port"): str(ports.admin)},
            after=("migrate",),
            ready=functools.partial(until_http_ok, HOST, ports.collector, "/readyz"),
            stop_within=4.0,  # it finishes the requests under way
            remedy=_DATA_IS_SAFE,
        ),
        *(_consumer(name, topic, environ, sockets[name]) for name, topic in CONSUMERS.items()),
        Part(
            name="jobs",
            argv=_sillage("jobs"),
            environ={**environ, "NOTIFY_SOCKET": str(sockets["jobs"].path)},
            after=("migrate", "collector"),  # whose spool it measures
            ready=sockets["jobs"].until_ready,
            stop_within=4.0,  # it finishes the day under way
            remedy=_DATA_IS_SAFE,
        ),
    ]


def _consumer(name: str, topic: str, environ: Mapping[str, str], socket: NotifySocket) -> Part:
    return Part(
        name=name,
        argv=_sillage("consumer", "--topic", topic),
        environ={
            **environ,
            "NOTIFY_SOCKET": str(socket.path),
            variable("consumer_instance"): "local",
        },
        after=("migrate",),
        ready=socket.until_ready,
        ready_within=120.0,  # after a kill -9 Kafka waits for the end of the former consumer's session
        stop_within=4.0,  # it finishes the batch under way
        remedy=_DATA_IS_SAFE,
    )


def _kafka(broker: Broker) -> list[Part]:
    format_storage = Part(
        name="kafka-format",
        argv=broker.format_argv,
        environ=broker.environ,
        cwd=broker.directory,
        remedy="Run the same command again; if it fails again, choose a new --data-dir.",
    )
    serve = Part(
        name="kafka",
        argv=broker.serve_argv,
        environ=broker.environ,
        cwd=broker.directory,
        after=() if broker.is_formatted else (format_storage.name,),
        ready=broker.until_ready,
        remedy="Run the same command again: Kafka recovers its topics by itself.",
    )
    return [serve] if broker.is_formatted else [format_storage, serve]


def _clickhouse(data: DataDir, ports: Ports, password: str, environ: Mapping[str, str]) -> Part:
    options = ["--host", HOST, "--port", str(ports.clickhouse), "--backups", str(data.backups)]
    return Part(
        name="clickhouse",
        argv=[sys.executable, "-m", "local.clickhouse", str(data.clickhouse), *options],
        environ={**environ, "CLICKHOUSE_PASSWORD": password},
        ready=functools.partial(until_http_ok, HOST, ports.clickhouse, "/ping"),
        remedy=_DATA_IS_SAFE,
    )


def _sillage(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli", *arguments]
