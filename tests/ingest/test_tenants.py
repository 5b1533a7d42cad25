import hashlib
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.tenants import TenantFiles, _Entry, read_tenants
from runtime.pseudonyms import today
from runtime.settings import SettingError


def hashed(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    tenants, keys = tmp_path / "tenants.toml", tmp_path / "keys.toml"
    tenants.write_text(
        f'[demo]\nwrite_keys = ["{hashed("pk_demo")}"]\nsecret_keys = ["{hashed("sk_demo")}"]\n'
        f'origins = ["https://app.example.eu"]\nretention_days = 30\n'
        f'[acme]\nwrite_keys = ["{hashed("pk_acme")}"]\n'
    )
    keys.write_text(f'demo = "{"0a" * 32}"\nacme = "{"0b" * 32}"\n')
    return tenants, keys


def test_a_tenant_is_found_by_its_key_and_only_by_the_right_kind(files: tuple[Path, Path]) -> None:
    registry = read_tenants(*files)
    demo = registry.by_write_key("pk_demo")
    assert demo and (demo.name, demo.retention_days, demo.pseudonym_key) == ("demo", 30, b"\x0a" * 32)
    assert registry.by_secret_key("sk_demo") == demo
    assert registry.by_write_key("sk_demo") is None
    assert registry.by_secret_key("pk_demo") is None
    assert registry.by_write_key("\ud800") is None


def test_a_tenant_allows_its_own_origins(files: tuple[Path, Path]) -> None:
    registry = read_tenants(*files)
    demo, acme = registry.by_write_key("pk_demo"), registry.by_write_key("pk_acme")
    assert demo and demo.allows("https://app.example.eu") and not demo.allows("https://example.eu")
    assert acme and not acme.allows("https://app.example.eu")
    assert registry.allows("https://app.example.eu") and not registry.allows("https://example.eu")


def test_the_pseudonym_key_is_not_in_the_tenants_repr(files: tuple[Path, Path]) -> None:
    assert "\\n\\n" not in repr(read_tenants(*files).by_write_key("pk_demo"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[demo", "cannot be read"),
        ("", "no tenant"),
        ("[demo]\nretention_days = 365", "retention_days"),
        ("[demo]\nretention = 30", "retention"),
        ('[demo]\nwrite_keys = ["pk_demo"]', "write_keys"),
        ('[demo]\nmode = "secret"', "mode"),
        ('[demo]\ngpc = "ignore"', "gpc"),
        ("[demo]\nrequests_per_second = 0", "requests_per_second"),
        ("[demo]\nrequests_per_second = 1\nburst = 0", "burst"),
        ("[demo]\nburst = 7", "a burst and no requests_per_second"),
        ("[other]", "Tenant other"),
        ('["../demo"]', "cannot be read"),
        (f'[demo]\nwrite_keys = ["{hashed("k")}"]\n[acme]\nwrite_keys = ["{hashed("k")}"]', "share a key"),
    ],
)
def test_a_malformed_file_is_refused_by_name(files: tuple[Path, Path], text: str, said: str) -> None:
    files[0].write_text(text)
    with pytest.raises(SettingError, match=said) as caught:
        read_tenants(*files)
    assert str(files[0]) in str(caught.value)


def test_a_tenants_own_modes_and_limits_are_read_and_have_defaults(files: tuple[Path, Path]) -> None:
    own = 'mode = "exempt"\ngpc = "drop"\nrequests_per_second = 20\nburst = 50\n[acme]'
    files[0].write_text(files[0].read_text().replace("[acme]", own))
    registry = read_tenants(*files)
    demo, acme = registry.by_write_key("pk_demo"), registry.by_write_key("pk_acme")
    assert demo and (demo.mode, demo.gpc, demo.requests_per_second, demo.burst) == ("exempt", "drop", 20, 50)
    assert acme and (acme.mode, acme.gpc) == ("consented", "anonymous")
    assert acme and (acme.requests_per_second, acme.burst) == (None, None)


def test_keys_that_nobody_has_are_not_remembered(files: tuple[Path, Path]) -> None:
    registry = read_tenants(*files)
    for key in ("pk_demo", "pk_demo", *map(str, range(100))):
        registry.by_write_key(key)
    assert list(registry._by_write_key) == ["pk_demo"]
    assert "pk_demo" not in repr(registry)


def test_a_generation_begins_at_midnight_though_no_file_has_changed(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = today() + timedelta(days=1)
    files[1].write_text(
        f'demo = [{{key = "{"0c" * 32}", from = {tomorrow}}}, {{key = "{"0a" * 32}", from = 2026-01-01}}]\n'
        f'acme = "{"0b" * 32}"\n'
    )
    tenants = TenantFiles(*files)
    before = tenants.current.by_write_key("pk_demo")
    tenants.refresh()
    assert before and tenants.current.by_write_key("pk_demo") is before
    monkeypatch.setattr("ingest.tenants.today", lambda: tomorrow)
    tenants.refresh()
    after = tenants.current.by_write_key("pk_demo")
    assert after and (before.pseudonym_key, after.pseudonym_key) == (b"\x0a" * 32, b"\x0c" * 32)


def test_a_new_generation_is_taken_without_restart(files: tuple[Path, Path]) -> None:
    tenants = TenantFiles(*files)
    files[1].write_text(
        f'demo = [{{key = "{"0c" * 32}", from = {today()}}}, {{key = "{"0a" * 32}", from = 2026-01-01}}]\n'
        f'acme = "{"0b" * 32}"\n'
    )
    tenants.refresh()
    demo = tenants.current.by_write_key("pk_demo")
    assert demo and demo.pseudonym_key == b"\x0c" * 32


def test_a_short_pseudonym_key_is_refused(files: tuple[Path, Path]) -> None:
    files[1].write_text('demo = "0a0a"\nacme = "0b0b"')
    with pytest.raises(SettingError, match="shorter than 64"):
        read_tenants(*files)


def test_a_changed_file_is_read_again(files: tuple[Path, Path]) -> None:
    tenants = TenantFiles(*files)
    files[0].write_text(f'[demo]\nwrite_keys = ["{hashed("pk_new")}"]\n')
    tenants.refresh()
    assert tenants.current.by_write_key("pk_new")
    assert tenants.current.by_write_key("pk_demo") is None


def test_a_file_that_has_become_unreadable_changes_nothing(
    files: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    tenants = TenantFiles(*files)
    files[0].write_text("[demo")
    with caplog.at_level(logging.WARNING):
        tenants.refresh()
    assert tenants.current.by_write_key("pk_demo")
    assert "stay as they were" in caplog.text


def test_every_field_of_a_tenant_is_in_the_reference_and_no_other() -> None:
    reference = (Path(__file__).parents[2] / "docs" / "reference" / "tenants.md").read_text()
    assert tuple(re.findall(r"^\| `(\w+)`", reference, re.MULTILINE)) == _Entry.__struct_fields__
