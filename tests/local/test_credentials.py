"""What the first start makes, every later one keeps."""

import hashlib
import re
import tomllib
from pathlib import Path

from local.credentials import credentials
from local.data_dir import DataDir
from local.demo.tenants import TENANTS
from local.ports import Ports


def sha256(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def files_in(directory: Path) -> list[Path]:
    return [file for file in directory.rglob("*") if file.is_file() and file.suffix != ".lock"]


def test_the_demo_tenant_takes_its_two_keys_from_the_stacks_own_origins(tmp_path: Path) -> None:
    made = credentials(DataDir(tmp_path), Ports(9000))
    assert made.new_secret_key is not None
    assert re.fullmatch("sk_demo_[0-9a-f]{32}", made.new_secret_key)
    assert tomllib.loads(made.tenants_file.read_text())["demo"] == {
        "write_keys": [sha256("pk_demo")],
        "secret_keys": [sha256(made.new_secret_key)],
        "origins": [f"http://{host}:{p}" for p in (9000, 9003) for host in ("127.0.0.1", "localhost")],
        "retention_days": 90,
    }


def test_the_demos_other_tenants_have_public_keys_origins_retentions_and_pseudonyms(tmp_path: Path) -> None:
    made = credentials(DataDir(tmp_path), Ports(9000))
    tenants = tomllib.loads(made.tenants_file.read_text())
    for tenant in TENANTS[1:]:
        assert tenants.pop(tenant.name) == {
            "write_keys": [sha256(tenant.write_key)],
            "origins": [tenant.origin],
            "retention_days": tenant.retention_days,
        }
    assert list(tenants) == ["demo"]
    keys = tomllib.loads(made.pseudonym_keys_file.read_text())
    assert set(keys) == {tenant.name for tenant in TENANTS}
    assert {len(bytes.fromhex(key)) for key in keys.values()} == {32}
    assert len(set(keys.values())) == len(TENANTS)


def test_a_later_start_keeps_them_and_shows_no_secret(tmp_path: Path) -> None:
    first = credentials(DataDir(tmp_path), Ports(9000))
    files = {file: file.read_bytes() for file in files_in(tmp_path)}
    second = credentials(DataDir(tmp_path), Ports(9100))
    assert {file: file.read_bytes() for file in files_in(tmp_path)} == files
    assert (second.clickhouse_password, second.new_secret_key) == (first.clickhouse_password, None)


def test_secrets_are_readable_by_their_owner_alone_and_differ_between_stacks(tmp_path: Path) -> None:
    passwords = set()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        passwords.add(credentials(DataDir(tmp_path / name), Ports(9000)).clickhouse_password)
        assert {file.stat().st_mode & 0o777 for file in files_in(tmp_path / name)} == {0o600}
        assert (tmp_path / name / "state").stat().st_mode & 0o777 == 0o700
    assert len(passwords) == 2
