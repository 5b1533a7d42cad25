"""The schema registry, if one is set."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.checks import Finding, Verdict
from tests.cli.checks.asking import examined
from tests.registry.answering import Answering, answering_registry


@pytest.fixture
def answering() -> Iterator[Answering]:
    with answering_registry() as server:
        yield server


def looked_at(url: str, data_dir: Path) -> Finding:
    environ = {"SILLAGE_SCHEMA_REGISTRY_URL": url} if url else {}
    (finding,) = examined(environ, data_dir, "schema registry")
    return finding


def test_without_a_registry_nothing_is_missing(tmp_path: Path) -> None:
    assert looked_at("", tmp_path).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("answer", "verdict", "told"),
    [
        ((200, b'{"id": 7}'), Verdict.OK, "schema 7 of sillage.usage-value"),
        ((404, b'{"error_code": 40403}'), Verdict.BROKEN, "Run `sillage migrate`"),
        ((503, b""), Verdict.BROKEN, "Start it"),
        ((401, b""), Verdict.BROKEN, "SILLAGE_SCHEMA_REGISTRY_TOKEN"),
    ],
)
def test_what_a_registry_answers_is_judged(
    answering: Answering, tmp_path: Path, answer: tuple[int, bytes], verdict: Verdict, told: str
) -> None:
    answering.answer = answer
    finding = looked_at(answering.url, tmp_path)
    assert finding.verdict is verdict
    assert told in f"{finding.saw} {finding.remedy}"
