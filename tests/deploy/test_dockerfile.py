"""deploy/Dockerfile and what is sent to its builder, held without a Docker engine."""

import re
import tomllib

from runtime.settings import known
from tests.conftest import ROOT
from tests.containers import COMPOSE_FILE

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
SENT = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()


def test_what_is_fetched_is_pinned() -> None:
    base = re.search(r"^ARG PYTHON_IMAGE=python:(\S+)$", DOCKERFILE, re.M)
    assert base
    assert re.match(r"3\.\d+\.\d+-slim-\w+$", base[1])
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)) == {"${PYTHON_IMAGE}"}
    assert re.search(r"pip install .*uv==[\d.]+$", DOCKERFILE, re.M)


def test_packages_come_from_the_lock_by_their_hashes_and_none_of_the_embedded_stack() -> None:
    statements = DOCKERFILE.replace("\\\n", "").splitlines()
    (install,) = [line for line in statements if "--requirements pyproject.toml" in line]
    assert "--require-hashes" in install
    assert "--constraints requirements.lock" in install
    assert not re.search(r"--(extra|all-extras|group)", DOCKERFILE)


def test_processes_run_as_an_ordinary_user() -> None:
    *_, final_stage = DOCKERFILE.split("\nFROM ")
    assert re.search(r"^USER [1-9]\d*$", final_stage, re.M)


def test_every_room_of_the_wheel_is_sent_to_the_builder() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    rooms = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {f"!{room}" for room in rooms} <= set(SENT)


def test_nothing_is_sent_to_the_builder_unless_it_is_named() -> None:
    assert SENT[1] == "*"
    assert not [line for line in SENT if re.match(r"!(\.|deploy|\*)", line)]


def test_every_setting_named_in_the_container_files_is_one() -> None:
    guide = (ROOT / "docs" / "how-to" / "containers.md").read_text()
    named = set(re.findall(r"SILLAGE_\w+", DOCKERFILE + COMPOSE_FILE.read_text() + guide))
    assert named - {"SILLAGE_TEST_ENGINE"} <= set(known())
