"""The machine and its settings."""

import shutil
import sys

import pytest

from cli.checks import Verdict
from tests.cli.checks.asking import found
from tests.conftest import Stack

OK, LOOK, BROKEN = Verdict


def test_an_old_python_is_broken(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    assert "Install Python 3.11 or newer" in found(stack, "python").remedy


@pytest.mark.parametrize(
    ("free_mib", "verdict", "remedy"),
    [(500, BROKEN, "needs 1,024 MiB"), (2_000, LOOK, "Free some soon"), (20_000, OK, "")],
)
def test_a_full_disk_is_told_before_it_stops_the_stack(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, free_mib: int, verdict: Verdict, remedy: str
) -> None:
    whole = shutil.disk_usage(stack.data_dir)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: whole._replace(free=free_mib << 20))
    finding = found(stack, "disk")
    assert finding.verdict is verdict
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("name", "value", "saw"),
    [
        ("SILLAGE_LOG_LEVLE", "debug", "Did you mean SILLAGE_LOG_LEVEL?"),
        ("SILLAGE_COLLECTOR_PORT", "x", "a whole number"),
    ],
)
def test_a_wrong_setting_is_broken(stack: Stack, name: str, value: str, saw: str) -> None:
    finding = found(stack, "settings", **{name: value})
    assert finding.verdict is BROKEN
    assert saw in finding.saw
    assert "docs/reference/settings.md" in finding.remedy
