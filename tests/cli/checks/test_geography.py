"""Whether countries and cities can be told."""

from pathlib import Path

import pytest

from cli.checks import Verdict
from tests.cli.checks.asking import found
from tests.conftest import Stack

OK, LOOK, BROKEN = Verdict


@pytest.mark.parametrize(
    ("files", "verdict", "remedy"),
    [
        ("", LOOK, "Unset it, or name a database."),
        ("nowhere.mmdb", BROKEN, "Correct SILLAGE_GEO_DATABASES: the consumer does not start."),
    ],
)
def test_geography_that_cannot_be_told_is_told(
    stack: Stack, files: str, verdict: Verdict, remedy: str
) -> None:
    finding = found(stack, "geography", SILLAGE_GEO_DATABASES=files)
    assert (finding.verdict, finding.remedy) == (verdict, remedy)


def test_geography_that_was_never_fetched_is_worth_a_look(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    finding = found(stack, "geography")
    assert (finding.verdict, finding.remedy) == (LOOK, "Run `sillage geo fetch`.")
