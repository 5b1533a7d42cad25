"""The switch between the engines, and the engine `containers` as far as it goes without a Docker engine."""

import os
from pathlib import Path

import pytest

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.client import event, post, stored
from tests.conftest import free_port_base, start_stack, stop_stack
from tests.containers import compose_services
from tests.deploy import images
from tests.deploy.stand_in_engine import Engine as DockerEngine
from tests.deploy.stand_in_engine import serving
from tests.engines import Choice, Engine, EngineRefused, choose, fault_of_docker

FAULT = "no such socket"


def not_asked() -> str | None:
    pytest.fail("the Docker engine was asked")


def test_without_a_docker_engine_auto_is_the_embedded_stack_and_says_why() -> None:
    assert choose("auto", lambda: FAULT) == Choice(Engine.EMBEDDED, f"no Docker engine answers: {FAULT}")


def test_with_a_docker_engine_auto_is_containers() -> None:
    assert choose("auto", lambda: None) == Choice(Engine.CONTAINERS, "a Docker engine answers")


def test_containers_without_a_docker_engine_are_refused_not_skipped() -> None:
    with pytest.raises(EngineRefused, match=f"{FAULT}. Start one, or set SILLAGE_TEST_ENGINE=embedded"):
        choose("containers", lambda: FAULT)


def test_what_is_asked_for_is_chosen() -> None:
    assert choose("containers", lambda: None).engine is Engine.CONTAINERS
    assert choose("embedded", not_asked).engine is Engine.EMBEDDED


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    with pytest.raises(EngineRefused, match="'podman'; expected auto, embedded or containers"):
        choose("podman", not_asked)


def test_a_docker_engine_that_is_not_there_is_a_fault_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert "Connection refused" in (fault_of_docker() or "")


def test_a_docker_engine_that_answers_has_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(DockerEngine({})) as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        assert fault_of_docker() is None


@pytest.mark.timeout(300)  # the first run fetches Kafka
def test_the_stack_runs_on_containers_and_leaves_none(tmp_path: Path) -> None:
    docker = DockerEngine(
        {
            "apache/kafka": images.kafka(tmp_path / "kafka"),
            "clickhouse/clickhouse-server": images.clickhouse(tmp_path / "clickhouse"),
        }
    )
    with serving(docker) as address:
        environ = dict(os.environ) | {"DOCKER_HOST": address, "TESTCONTAINERS_RYUK_DISABLED": "true"}
        running = start_stack(tmp_path / "stack", free_port_base(), environ, Engine.CONTAINERS)
        try:
            sent = event()
            assert post(running, [sent])[0] == 202
            clickhouse = connect(load(QuerySettings, running.environ))
            assert stored(clickhouse, "tenant", [sent["id"]]) == ["demo"]
        finally:
            assert stop_stack(running) == 0
        assert not docker.containers
    services = compose_services()
    expected = {services["kafka"]["image"], services["clickhouse"]["image"]}
    assert {container.image for container in docker.removed} == expected
    addresses = [address for one in docker.removed for address in one.ports.values()]
    assert sorted(addresses) == [("127.0.0.1", running.ports.clickhouse), ("127.0.0.1", running.ports.kafka)]
