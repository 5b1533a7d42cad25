"""What is sent to a schema registry and made of its answers; `tests/registry` asks a real one."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.schema_registry import RegistryAway, RegistryRefused, SchemaRegistry, schema_registry
from runtime.settings import MigrateSettings, SettingError, load
from schemas.usage import BATCH
from tests.registry.answering import Answering, answering_registry
from tests.tls import Authority


@pytest.fixture
def answering() -> Iterator[Answering]:
    with answering_registry() as server:
        yield server


def registry(url: str, **settings: str) -> SchemaRegistry:
    environ = {"SILLAGE_SCHEMA_REGISTRY_URL": url}
    environ |= {f"SILLAGE_SCHEMA_REGISTRY_{name}": value for name, value in settings.items()}
    found = schema_registry(load(MigrateSettings, environ))
    assert found
    return found


def as_answer(schema: object, **more: object) -> bytes:
    return json.dumps({"schema": json.dumps(schema), **more}).encode()


def test_without_a_url_there_is_no_registry() -> None:
    assert schema_registry(load(MigrateSettings, {})) is None


def test_a_schema_is_read_by_its_id(answering: Answering) -> None:
    answering.answer = 200, as_answer(BATCH)
    assert registry(answering.url).schema(7) == BATCH
    assert answering.authorization is None


def test_a_user_and_a_token_are_shown_to_the_registry(answering: Answering, tmp_path: Path) -> None:
    answering.answer = 200, as_answer(BATCH)
    registry(answering.url, USERNAME="ada", PASSWORD="a:b").schema(7)
    assert answering.authorization == "Basic " + base64.b64encode(b"ada:a:b").decode()
    (tmp_path / "token").write_text("t0ken\n")
    registry(answering.url, TOKEN_FILE=str(tmp_path / "token")).schema(7)
    assert answering.authorization == "Bearer t0ken"


@pytest.mark.parametrize("error_code", [40401, 40403])
def test_what_the_registry_does_not_have_is_none(answering: Answering, error_code: int) -> None:
    answering.answer = 404, json.dumps({"error_code": error_code, "message": "not found"}).encode()
    assert registry(answering.url).schema(7) is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_registry_in_trouble_is_asked_again_later(answering: Answering, status: int) -> None:
    answering.answer = status, b"<html>"
    with pytest.raises(RegistryAway, match=f"answers {status}"):
        registry(answering.url).schema(7)


def test_a_registry_that_does_not_answer_is_asked_again_later() -> None:
    with pytest.raises(RegistryAway, match=r"http://127\.0\.0\.1:1 does not answer"):
        registry("http://127.0.0.1:1").schema(7)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"", "SILLAGE_SCHEMA_REGISTRY_USERNAME"),
        (403, b"{}", "SILLAGE_SCHEMA_REGISTRY_TOKEN"),
        (404, b"<html>", "Correct SILLAGE_SCHEMA_REGISTRY_URL"),
        (200, b"<html>", "Correct SILLAGE_SCHEMA_REGISTRY_URL"),
        (200, b"[]", "Correct SILLAGE_SCHEMA_REGISTRY_URL"),
        (404, b"{}", "answers 404"),
        (422, b'{"error_code": 42201, "message": "no Avro"}', "no Avro"),
        (
            409,
            b'{"error_code": 409, "message": "a field is gone"}',
            "a field is gone.*not BACKWARD compatible",
        ),
        (200, as_answer("string"), "no record of Avro"),
        (200, as_answer(BATCH, schemaType="JSON"), "no record of Avro"),
    ],
)
def test_what_an_operator_must_mend_is_told(
    answering: Answering, status: int, body: bytes, said: str
) -> None:
    answering.answer = status, body
    with pytest.raises(RegistryRefused, match=said):
        registry(answering.url).schema(7)


def test_a_registry_is_asked_over_tls_if_it_is_trusted(answering: Answering, tmp_path: Path) -> None:
    answering.answer = 200, as_answer(BATCH)
    ours, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other")
    with ours.front(answering.server_port) as port:
        url = f"https://localhost:{port}"
        assert registry(url, CA_FILE=str(ours.file)).schema(7) == BATCH
        for ca_file in (str(other.file), ""):
            with pytest.raises(RegistryRefused, match="Correct SILLAGE_SCHEMA_REGISTRY_CA_FILE"):
                registry(url, CA_FILE=ca_file).schema(7)


@pytest.mark.parametrize(
    ("url", "settings", "said"),
    [
        ("registry:8081", {}, "SILLAGE_SCHEMA_REGISTRY_URL is malformed"),
        ("http://ada:hunter2@registry", {}, "SILLAGE_SCHEMA_REGISTRY_URL has a user or a password in it"),
        ("http://registry", {"USERNAME": "ada"}, "set both of the former or the latter alone"),
        ("http://registry", {"PASSWORD": "hunter2"}, "set both of the former or the latter alone"),
        (
            "http://registry",
            {"USERNAME": "ada", "PASSWORD": "hunter2", "TOKEN": "t"},
            "set both of the former or the latter alone",
        ),
        ("http://registry", {"CA_FILE": "none.pem"}, "SILLAGE_SCHEMA_REGISTRY_CA_FILE is set"),
        ("https://registry", {"CA_FILE": "none.pem"}, "none.pem, which holds no certificate"),
    ],
)
def test_settings_of_a_registry_that_contradict_each_other_stop_the_start(
    url: str, settings: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingError, match=re.escape(said)) as raised:
        registry(url, **settings)
    assert "hunter2" not in str(raised.value)
