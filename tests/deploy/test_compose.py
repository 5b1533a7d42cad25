"""docker-compose.yml, held without a Docker engine."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cli import COMMANDS
from local.kafka.pin import KAFKA
from privacy.retention.strays import LOGS_KEPT
from runtime.settings import CollectorSettings, ConsumerSettings, JobSettings, MigrateSettings, load
from tests.conftest import ROOT, Stack
from tests.containers import COMPOSE_FILE, compose_services

SERVICES = compose_services()
OWN = {
    "migrate": MigrateSettings,
    "collector": CollectorSettings,
    "consumer": ConsumerSettings,
    "span-consumer": ConsumerSettings,
    "jobs": JobSettings,
}
REQUIRED_VARIABLE = re.compile(r"\$\{\w+:\?[^}]+\}")
OLDEST_CLICKHOUSE = (26, 3)


def version(service: str) -> tuple[int, ...]:
    """What an image's tag pins; fails for a tag that moves, such as `latest` or `26.9`."""
    tag = SERVICES[service]["image"].rpartition(":")[2]
    assert re.fullmatch(r"\d+(\.\d+){2,3}", tag), f"{service} is not pinned: {tag}"
    return tuple(map(int, tag.split(".")))


def check_schema(file: Path) -> int:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_it_is_valid_by_the_compose_specifications_schema(tmp_path: Path) -> None:
    assert check_schema(COMPOSE_FILE) == 0
    mistyped = tmp_path / "docker-compose.yml"
    mistyped.write_text(COMPOSE_FILE.read_text().replace("healthcheck:", "healthchek:"))
    assert check_schema(mistyped) != 0


def test_images_are_pinned_and_as_new_as_the_embedded_stack_needs() -> None:
    assert {name for name, service in SERVICES.items() if "build" not in service} == {"kafka", "clickhouse"}
    assert version("kafka") == tuple(map(int, KAFKA.rpartition(":")[2].split(".")))
    assert version("clickhouse")[:2] >= OLDEST_CLICKHOUSE


@pytest.mark.parametrize("name", OWN)
def test_each_service_of_ours_is_a_command_whose_settings_load(name: str) -> None:
    command, *_ = SERVICES[name]["command"]
    assert command in COMMANDS
    load(OWN[name], SERVICES[name]["environment"])


def test_every_password_and_every_other_variable_must_be_given() -> None:
    texts = [text for service in SERVICES.values() for text in service["environment"].items()]
    passwords = [text for name, text in texts if "PASSWORD" in name]
    assert len(passwords) == 5
    assert all(REQUIRED_VARIABLE.fullmatch(text) for text in passwords)
    assert "$" not in REQUIRED_VARIABLE.sub("", COMPOSE_FILE.read_text())


def test_ports_are_published_on_the_loopback_interface_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_a_service_waits_for_can_come_true() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed]
            else:
                assert how["condition"] == "service_completed_successfully"
                assert SERVICES[needed]["restart"] == "no"


def test_what_runs_on_is_asked_for_its_health_and_restarted() -> None:
    running = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}
    assert set(running) == {"kafka", "clickhouse", "collector", "consumer", "span-consumer", "jobs"}
    assert all("healthcheck" in service for service in running.values())


@pytest.mark.parametrize(("name", "port"), [("collector", "8080"), ("consumer", "8085")])
def test_health_checks_of_ours_tell_a_running_process_from_none(
    name: str, port: str, stack: Stack, unused_port: int
) -> None:
    how, _, *arguments = SERVICES[name]["healthcheck"]["test"]
    assert how == "CMD"
    found = {"8080": stack.ports.collector, "8085": stack.ports.admin}[port]

    def exit_code(asked: int) -> int:
        moved = [argument.replace(f":{port}/", f":{asked}/") for argument in arguments]
        return subprocess.run([sys.executable, *moved], capture_output=True, check=False).returncode

    assert (exit_code(found), exit_code(unused_port)) == (0, 1)


def mounts_of(service: dict[str, Any]) -> set[str]:
    return {volume.partition(":")[0] for volume in service.get("volumes", [])}


def test_what_must_outlive_a_container_is_in_a_named_volume() -> None:
    assert mounts_of(SERVICES["kafka"]) == {"kafka"}
    assert mounts_of(SERVICES["clickhouse"]) == {"clickhouse", "./deploy/clickhouse/logs.xml"}
    assert SERVICES["collector"]["volumes"] == [
        "spool:" + SERVICES["collector"]["environment"]["SILLAGE_SPOOL_DIR"]
    ]
    assert SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"] in SERVICES["kafka"]["volumes"][0]
    assert SERVICES["jobs"]["volumes"] == ["state:" + SERVICES["jobs"]["environment"]["SILLAGE_STATE_DIR"]]


def test_the_servers_own_logs_expire_as_the_inventory_says() -> None:
    logs = ElementTree.parse(ROOT / "deploy" / "clickhouse" / "logs.xml").getroot()
    assert {one.tag for one in logs} >= {"query_log", "query_thread_log", "text_log", "trace_log"}
    assert {one.findtext("ttl") for one in logs} == {f"event_date + INTERVAL {LOGS_KEPT.days} DAY DELETE"}
