"""What `sillage keys` prints works once it stands in the files, without a restart."""

import hashlib
import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.keys import command
from ingest.tenants import TenantFiles
from runtime.pseudonyms import read_keys, today


def printed(*arguments: str) -> list[str]:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    tenants, keys = tmp_path / "tenants.toml", tmp_path / "keys.toml"
    tenants.write_text(f'[demo]\nsecret_keys = ["sha256:{hashlib.sha256(b"sk_old").hexdigest()}"]\n')
    keys.write_text(f'demo = "{"0a" * 32}"\n')
    return tenants, keys


def test_a_senders_key_is_rotated_by_adding_the_new_and_removing_the_old_without_restart(
    files: tuple[Path, Path],
) -> None:
    collector = TenantFiles(*files)
    key, line = printed("new", "--tenant", "demo", "--kind", "secret")
    assert key.startswith("sk_demo_")
    old = files[0].read_text()
    files[0].write_text(old.replace("secret_keys = [", f"secret_keys = [{line}, "))
    collector.refresh()
    assert collector.current.by_secret_key(key) == collector.current.by_secret_key("sk_old") is not None
    files[0].write_text(f"[demo]\nsecret_keys = [{line}]\n")
    collector.refresh()
    assert collector.current.by_secret_key(key)
    assert collector.current.by_secret_key("sk_old") is None


def test_a_key_for_pages_is_none_for_back_ends(files: tuple[Path, Path]) -> None:
    key, line = printed("new", "--tenant", "demo", "--kind", "write")
    files[0].write_text(f"[demo]\nwrite_keys = [{line}]\n")
    registry = TenantFiles(*files).current
    assert registry.by_write_key(key) and not registry.by_secret_key(key)


def test_no_two_keys_are_alike() -> None:
    assert printed("new", "--tenant", "demo", "--kind", "write") != printed(
        "new", "--tenant", "demo", "--kind", "write"
    )
    assert printed("pseudonym") != printed("pseudonym")


def test_the_next_generation_begins_tomorrow_beside_the_one_that_is_there(files: tuple[Path, Path]) -> None:
    (line,) = printed("pseudonym")
    old = tomllib.loads(files[1].read_text())["demo"]
    files[1].write_text(f'demo = [\n{line}\n{{key = "{old}", from = 2026-01-01}},\n]\n')
    keys = read_keys(files[1])["demo"]
    assert keys.current(today()).hex() == old
    assert keys.current(today() + timedelta(days=1)).hex() == re.findall('"(.*)"', line)[0]


def test_it_begins_on_the_day_that_is_asked_for() -> None:
    (line,) = printed("pseudonym", "--from", "2027-02-01")
    assert "from = 2027-02-01" in line
