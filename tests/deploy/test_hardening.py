"""What a process in a container of docker-compose.yml can do to others, should it be taken over."""

import copy
from typing import Any

import pytest

from tests.containers import compose_services
from tests.deploy.services import OWN

SERVICES = compose_services()
LIMITS = {"cpus", "memory", "pids"}
FEWEST_CORES = 2.0


def weaknesses(service: dict[str, Any]) -> set[str]:
    """What is not shut."""
    user = str(service.get("user", "0")).partition(":")[0]
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    found = {
        "runs as root": not user.isdecimal() or int(user) == 0,
        "may write to its own files": service.get("read_only") is not True,
        "keeps capabilities": service.get("cap_drop") != ["ALL"] or "cap_add" in service,
        "may gain privileges": "no-new-privileges:true" not in service.get("security_opt", ()),
        "is privileged": any(name in service for name in ("privileged", "pid", "ipc", "network_mode")),
        "may take the whole machine": set(limits) != LIMITS,
        "needs more cores than there may be": float(limits.get("cpus", 0)) > FEWEST_CORES,
        "may fill the disk with its log": "max-size" not in service.get("logging", {}).get("options", {}),
        "reaches the engine": any("docker.sock" in volume for volume in service.get("volumes", ())),
    }
    return {name for name, is_so in found.items() if is_so}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_shut_in(name: str) -> None:
    assert weaknesses(SERVICES[name]) == set()


@pytest.mark.parametrize(
    ("change", "weakness"),
    [
        ({"user": "0:0"}, "runs as root"),
        ({"user": "sillage"}, "runs as root"),
        ({"read_only": False}, "may write to its own files"),
        ({"cap_add": ["SYS_ADMIN"]}, "keeps capabilities"),
        ({"cap_drop": []}, "keeps capabilities"),
        ({"security_opt": []}, "may gain privileges"),
        ({"network_mode": "host"}, "is privileged"),
        ({"deploy": {"resources": {"limits": {"cpus": "1"}}}}, "may take the whole machine"),
        ({"logging": {"driver": "local"}}, "may fill the disk with its log"),
        ({"volumes": ["/var/run/docker.sock:/var/run/docker.sock"]}, "reaches the engine"),
    ],
)
def test_what_would_open_it_is_found(change: dict[str, Any], weakness: str) -> None:
    assert weaknesses(copy.deepcopy(SERVICES["collector"]) | change) == {weakness}


def test_only_those_who_need_kafka_reach_it() -> None:
    reach = {name for name, service in SERVICES.items() if "pipeline" in service["networks"]}
    assert reach == {*OWN, "kafka", "clickhouse", "schema-registry", "prometheus"}
    assert SERVICES["grafana"]["networks"] == ["watch"]


def test_secrets_go_to_those_alone_who_need_them() -> None:
    given: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        for one in service.get("secrets", ()):
            given.setdefault(one if isinstance(one, str) else one["source"], set()).add(name)
    assert given.pop("clickhouse_password") == {"clickhouse", *OWN} - {"collector"}
    assert given.pop("clickhouse_grafana.xml") == {"clickhouse"}
    assert given.pop("tenants.toml") == given.pop("pseudonym_keys.toml") == {"collector"}
    assert set(map(frozenset, given.values())) == {frozenset({"grafana"})}
