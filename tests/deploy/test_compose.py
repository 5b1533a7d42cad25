"""docker-compose.yml, held without a Docker engine."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ruamel.yaml import YAML

from cli import COMMANDS
from local.kafka.pin import KAFKA
from privacy.retention.strays import LOGS_KEPT
from runtime.settings import load, variable
from tests.conftest import ROOT, Stack
from tests.containers import COMPOSE_FILE, compose_services
from tests.deploy.services import OWN, environ_of

SERVICES = compose_services()
SERVERS = {"kafka", "clickhouse", "schema-registry", "prometheus", "grafana"}
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)([^}]*)\}")
OLDEST_CLICKHOUSE = (26, 3)


def version(service: str) -> tuple[int, ...]:
    """What an image's tag pins; fails for a tag that moves, such as `latest` or `26.9`."""
    tag = SERVICES[service]["image"].rpartition(":")[2].removeprefix("v")
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
    assert {name for name, service in SERVICES.items() if "build" not in service} == SERVERS
    assert all(version(name) for name in SERVERS)
    assert version("kafka") == tuple(map(int, KAFKA.rpartition(":")[2].split(".")))
    assert version("clickhouse")[:2] >= OLDEST_CLICKHOUSE


@pytest.mark.parametrize("name", OWN)
def test_each_service_of_ours_is_a_command_whose_settings_load(name: str, tmp_path: Path) -> None:
    command, *_ = SERVICES[name]["command"]
    assert command in COMMANDS
    load(OWN[name], environ_of(name, tmp_path))


@pytest.mark.parametrize("name", OWN)
def test_a_service_is_given_no_setting_that_its_command_does_not_read(name: str) -> None:
    read = {variable(declared.name) for declared in fields(OWN[name])}
    assert not set(SERVICES[name]["environment"]) - read
    assert "SILLAGE_CLICKHOUSE_URL" not in {variable(one.name) for one in fields(OWN["collector"])}


def test_no_variable_is_needed_and_the_example_names_them_all() -> None:
    found = dict(VARIABLE.findall(COMPOSE_FILE.read_text()))
    assert found == {"SILLAGE_SCHEMA_REGISTRY_URL": ":-"}
    example = set(re.findall(r"^#?(\w+)=", (ROOT / ".env.example").read_text(), re.M))
    built_with = {name for service in SERVICES.values() for name in service.get("build", {}).get("args", ())}
    assert example == {*found, *built_with, "COMPOSE_PROFILES"}


def test_passwords_are_in_files_alone_that_the_service_is_given() -> None:
    declared = YAML(typ="safe").load(COMPOSE_FILE)["secrets"]
    assert {secret["file"] for secret in declared.values()} == {f"deploy/secrets/{name}" for name in declared}
    told = 0
    for service in SERVICES.values():
        given = {one if isinstance(one, str) else one["source"] for one in service.get("secrets", ())}
        assert given <= set(declared)
        for name, text in service["environment"].items() if "environment" in service else ():
            if re.search("PASSWORD|SECRET|TENANTS|KEYS_FILE", name):
                assert name.endswith("_FILE"), name
                assert text.removeprefix("/run/secrets/") in given, name
                told += 1
    assert told == 9


def test_ports_are_published_on_the_loopback_interface_alone_and_each_once() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)


def test_what_a_service_waits_for_can_come_true() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed]
            else:
                assert how["condition"] == "service_completed_successfully"
                assert SERVICES[needed]["restart"] == "no"
            assert how.get("required", True) == ("profiles" not in SERVICES[needed])


def test_what_runs_on_is_asked_for_its_health_and_restarted() -> None:
    running = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}
    assert set(running) == SERVERS | set(OWN) - {"migrate"}
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


def test_the_registrys_health_check_reads_the_status_of_its_answer(stack: Stack, unused_port: int) -> None:
    _, *command = SERVICES["schema-registry"]["healthcheck"]["test"]
    script = command.pop().replace("$$", "$")

    def exit_code(port: int, path: str) -> int:
        moved = script.replace("/8080", f"/{port}").replace("/apis/ccompat/v7/subjects", path)
        return subprocess.run([*command, moved], capture_output=True, check=False).returncode

    assert exit_code(stack.ports.collector, "/readyz") == 0
    assert exit_code(stack.ports.collector, "/apis/ccompat/v7/subjects") != 0
    assert exit_code(unused_port, "/readyz") != 0


def mounts_of(service: dict[str, Any]) -> set[str]:
    return {volume.partition(":")[0] for volume in service.get("volumes", [])}


def test_what_must_outlive_a_container_is_in_a_named_volume() -> None:
    named = set(YAML(typ="safe").load(COMPOSE_FILE)["volumes"])
    mounted = {mount for service in SERVICES.values() for mount in mounts_of(service)}
    files = {mount for mount in mounted if mount.startswith("./")}
    assert mounted - files == named
    assert all((ROOT / file).exists() for file in files)
    for name, setting, volume in (
        ("collector", "SILLAGE_SPOOL_DIR", "spool"),
        ("jobs", "SILLAGE_STATE_DIR", "state"),
        ("kafka", "KAFKA_LOG_DIRS", "kafka"),
    ):
        assert SERVICES[name]["volumes"] == [f"{volume}:{SERVICES[name]['environment'][setting]}"]


def test_what_is_mounted_from_the_checkout_cannot_be_written() -> None:
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", ())]
    assert all(volume.endswith(":ro") for volume in volumes if volume.startswith("./"))


def test_the_servers_own_logs_expire_as_the_inventory_says() -> None:
    logs = ElementTree.parse(ROOT / "deploy" / "clickhouse" / "logs.xml").getroot()
    assert {one.tag for one in logs} >= {"query_log", "query_thread_log", "text_log", "trace_log"}
    assert {one.findtext("ttl") for one in logs} == {f"event_date + INTERVAL {LOGS_KEPT.days} DAY DELETE"}
