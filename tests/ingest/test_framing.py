"""How the collector finds out by which framing it writes."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import framing as framings
from ingest.framing import WITHOUT_REGISTRY, framing
from runtime.schema_registry import RegistryRefused
from runtime.settings import CollectorSettings
from schemas.framing import Confluent
from tests.registry.answering import Answering, answering_registry


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    monkeypatch.setenv(framings._KNOWN_ID, "")  # so that what is set within the test is taken away again
    monkeypatch.delenv(framings._KNOWN_ID)
    with answering_registry() as server:
        yield server


def settings(url: str) -> CollectorSettings:
    return CollectorSettings(tenants_file=Path(), pseudonym_keys_file=Path(), schema_registry_url=url)


def test_without_a_registry_records_carry_the_fingerprint() -> None:
    assert framing(settings("")) == WITHOUT_REGISTRY


def test_the_registry_is_asked_once_for_all_processes(answering: Answering) -> None:
    answering.answer = 200, json.dumps({"id": 7, "version": 2}).encode()
    assert framing(settings(answering.url)) == Confluent(7)
    answering.answer = 500, b""
    assert framing(settings(answering.url)) == Confluent(7)
    assert answering.asked == 1


def test_a_schema_that_is_not_registered_stops_the_start(answering: Answering) -> None:
    answering.answer = 404, b'{"error_code": 40401, "message": "no such subject"}'
    with pytest.raises(RegistryRefused, match="Run `sillage migrate`"):
        framing(settings(answering.url))


def test_a_registry_that_is_away_is_waited_for(
    answering: Answering, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def come_back(_seconds: float) -> None:
        answering.answer = 200, b'{"id": 7}'

    monkeypatch.setattr(time, "sleep", come_back)
    answering.answer = 503, b""
    assert framing(settings(answering.url)) == Confluent(7)
    assert "Taking nothing yet" in caplog.text
    assert f"{answering.url} answers 503" in caplog.text
