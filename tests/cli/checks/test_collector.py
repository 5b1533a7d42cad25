"""The collector, the browser SDK, the tenants and their keys."""

import subprocess
from pathlib import Path

import pytest

from cli.checks import Verdict
from ingest import sdk_files
from tests.cli.checks.asking import found, free_port
from tests.conftest import Stack

OK, LOOK, BROKEN = Verdict


def test_a_collector_that_is_not_there_is_broken(stack: Stack) -> None:
    finding = found(stack, "collector", SILLAGE_COLLECTOR_PORT=free_port())
    assert finding.verdict is BROKEN
    assert "`sillage collector`" in finding.remedy


def test_an_sdk_that_is_not_built_is_broken(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk_files, "_BUILT", (stack.data_dir / "nowhere",))
    finding = found(stack, "sdk built")
    assert (finding.verdict, finding.remedy) == (BROKEN, "Run `make sdk`, then restart the collector.")


def test_another_sdk_than_the_one_built_here_is_worth_a_look(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sillage-newer.js").write_text("// newer")
    (tmp_path / "sillage.json").write_text('{"file": "sillage-newer.js"}')
    monkeypatch.setattr(sdk_files, "_BUILT", (tmp_path,))
    finding = found(stack, "sdk served")
    assert finding.verdict is LOOK
    assert "Restart the collector" in finding.remedy


@pytest.mark.parametrize(
    ("text", "verdict", "saw"),
    [
        (None, BROKEN, "cannot be read"),
        ("[demo]\nretention_days = 91\n", BROKEN, "cannot be read"),
        ("[elsewhere]\n", BROKEN, "has no key"),
        ("[demo]\n", LOOK, "names no key"),
    ],
)
def test_tenants_that_cannot_send_are_told(
    stack: Stack, tmp_path: Path, text: str | None, verdict: Verdict, saw: str
) -> None:
    file = tmp_path / "tenants.toml"
    if text is not None:
        file.write_text(text)
    finding = found(stack, "tenants", SILLAGE_TENANTS_FILE=str(file))
    assert finding.verdict is verdict
    assert saw in finding.saw
    assert finding.remedy


def test_pseudonym_keys_that_others_can_read_are_broken_and_the_remedy_mends_them(
    stack: Stack, tmp_path: Path
) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(f'demo = "{"ab" * 32}"\n')
    file.chmod(0o644)
    finding = found(stack, "pseudonym keys", SILLAGE_PSEUDONYM_KEYS_FILE=str(file))
    assert (finding.verdict, finding.remedy) == (BROKEN, f"chmod 600 {file}")
    subprocess.run(finding.remedy.split(), check=True)
    assert found(stack, "pseudonym keys", SILLAGE_PSEUDONYM_KEYS_FILE=str(file)).verdict is OK


def test_missing_pseudonym_keys_are_never_to_be_made_anew(stack: Stack, tmp_path: Path) -> None:
    finding = found(stack, "pseudonym keys", SILLAGE_PSEUDONYM_KEYS_FILE=str(tmp_path / "gone.toml"))
    assert finding.verdict is BROKEN
    assert "Never make a new key" in finding.remedy
