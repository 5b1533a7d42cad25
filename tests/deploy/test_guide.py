"""docs/how-to/containers.md: what it has its reader type does what it says."""

import hashlib
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ingest.tenants import read_tenants
from tests.conftest import ROOT
from tests.containers import COMPOSE_FILE

GUIDE = (ROOT / "docs" / "how-to" / "containers.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.S)
SECRETS = "deploy/secrets"


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, str]:
    """A directory in which the guide's first block was run, and what it printed."""
    done = subprocess.run(
        ["sh", "-eu", "-c", BLOCKS[0]], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    return tmp_path, done.stdout


def test_the_secrets_it_makes_let_the_keys_it_prints_in(made: tuple[Path, str]) -> None:
    directory, said = made
    tenants = read_tenants(directory / SECRETS / "tenants.toml", directory / SECRETS / "pseudonym_keys.toml")
    printed = re.search(r"pages: (\S+); secret key for back ends, shown this once: (\S+)", said)
    assert printed
    by_write_key, by_secret_key = tenants.by_write_key(printed[1]), tenants.by_secret_key(printed[2])
    assert by_write_key
    assert by_write_key is by_secret_key
    assert by_write_key.name == "acme"
    assert tenants.allows("https://app.example.eu")


def test_the_secrets_it_makes_are_those_that_compose_asks_for(made: tuple[Path, str]) -> None:
    directory, _ = made
    compose = COMPOSE_FILE.read_text()
    asked = set(re.findall(r"file: (deploy/secrets/\S+)", compose))
    assert {f"{SECRETS}/{file.name}" for file in (directory / SECRETS).iterdir()} == asked


def test_clickhouse_knows_the_password_that_grafana_has(made: tuple[Path, str]) -> None:
    secrets = made[0] / SECRETS
    (grafana,) = ElementTree.parse(secrets / "clickhouse_grafana.xml").getroot().findall("users/grafana")
    password = (secrets / "grafana_clickhouse_password").read_text().strip()
    assert grafana.findtext("password_sha256_hex") == hashlib.sha256(password.encode()).hexdigest()
    declared = ElementTree.parse(ROOT / "deploy" / "clickhouse" / "grafana.xml").getroot()
    assert [user.tag for user in declared.findall("users/*")] == [grafana.tag]


def test_no_two_secrets_are_the_same(made: tuple[Path, str]) -> None:
    contents = [file.read_text() for file in (made[0] / SECRETS).iterdir()]
    assert len(set(contents)) == len(contents)


def test_nobody_else_on_the_machine_reaches_the_secrets(made: tuple[Path, str]) -> None:
    directory, _ = made
    assert (directory / SECRETS).stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (directory / SECRETS).iterdir()} == {0o444}


def test_git_leaves_the_secrets_out() -> None:
    assert {".env", f"{SECRETS}/"} <= set((ROOT / ".gitignore").read_text().splitlines())
