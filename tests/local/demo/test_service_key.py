"""The key of the demo's services, and the collector's file that has to know it."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from local.credentials import credentials
from local.data_dir import DataDir
from local.demo.service_key import service_key
from local.ports import Ports


@pytest.fixture
def tenants_file(tmp_path: Path) -> Path:
    return credentials(DataDir(tmp_path), Ports(9000)).tenants_file


def digest(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def test_the_tenants_file_comes_to_know_it_and_nothing_else_changes(tenants_file: Path) -> None:
    before = tomllib.loads(tenants_file.read_text())
    key = service_key(tenants_file.parent)
    assert key.startswith("sk_demo_")
    after = tomllib.loads(tenants_file.read_text())
    assert after["demo"]["secret_keys"] == [digest(key), *before["demo"]["secret_keys"]]
    before["demo"].pop("secret_keys"), after["demo"].pop("secret_keys")
    assert after == before


def test_a_later_start_finds_it_and_changes_nothing(tenants_file: Path) -> None:
    key = service_key(tenants_file.parent)
    text = tenants_file.read_text()
    assert service_key(tenants_file.parent) == key
    assert tenants_file.read_text() == text


def test_its_files_are_their_owners_alone(tenants_file: Path) -> None:
    service_key(tenants_file.parent)
    files = [file for file in tenants_file.parent.rglob("*") if file.is_file() and file.suffix != ".lock"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


@pytest.mark.parametrize(
    "text",
    [
        '[mine]\nsecret_keys = ["sha256:00"]\n',
        '[demo]\nwrite_keys = []\n\n[mine]\nsecret_keys = ["sha256:00"]\n',
        '[demo]\nsecret_keys = []\n[mine]\nsecret_keys = ["sha256:00"]\n',
    ],
)
def test_it_is_never_given_to_another_tenant(tenants_file: Path, text: str) -> None:
    tenants_file.write_text(text)
    service_key(tenants_file.parent)
    assert tomllib.loads(tenants_file.read_text())["mine"]["secret_keys"] == ["sha256:00"]
