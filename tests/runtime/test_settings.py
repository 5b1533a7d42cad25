import re
from pathlib import Path

import pytest

from runtime.settings import (
    CollectorSettings,
    ConsumerSettings,
    QuerySettings,
    SettingError,
    known,
    load,
    variable,
    with_stack,
    write_stack,
)

FILES = {"SILLAGE_TENANTS_FILE": "t.toml", "SILLAGE_PSEUDONYM_KEYS_FILE": "k.toml"}
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_what_is_not_set_has_its_default() -> None:
    settings = load(CollectorSettings, FILES)
    assert (settings.collector_port, settings.tenants_file) == (8080, Path("t.toml"))


def test_what_is_set_is_parsed() -> None:
    settings = load(
        ConsumerSettings, {"SILLAGE_GEO_DATABASES": "a.mmdb, b.mmdb", "SILLAGE_BATCH_MAX_WAIT_MS": "7"}
    )
    assert settings.geo_databases == (Path("a.mmdb"), Path("b.mmdb"))
    assert settings.batch_max_wait_ms == 7


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"SILLAGE_COLECTOR_PORT": "1"}, "Did you mean SILLAGE_COLLECTOR_PORT?"),
        ({"SILLAGE_XYZ": "1"}, "SILLAGE_XYZ is no setting"),
        ({"SILLAGE_COLLECTOR_PORT": "http"}, "SILLAGE_COLLECTOR_PORT is 'http'; expected a whole number"),
        ({"SILLAGE_ACK_TIMEOUT_MS": "1"}, "SILLAGE_ACK_TIMEOUT_MS is 1; expected at least 100"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingError, match=re.escape(said)):
        load(CollectorSettings, FILES | environ)


def test_a_value_that_is_no_choice_is_refused_with_the_choices() -> None:
    with pytest.raises(SettingError, match="CONSUMER_PROTOCOL is 'new'; expected classic or consumer"):
        load(ConsumerSettings, {"SILLAGE_CONSUMER_PROTOCOL": "new"})


def test_a_setting_without_default_must_be_there() -> None:
    with pytest.raises(SettingError, match="SILLAGE_TENANTS_FILE is not set"):
        load(CollectorSettings, {})


def test_settings_of_other_processes_and_of_other_programs_are_left_alone() -> None:
    load(ConsumerSettings, {"SILLAGE_COLLECTOR_PORT": "1", "HOME": "/", "SILLAGE_TEST_ENGINE": "embedded"})


def test_a_secret_is_in_no_repr() -> None:
    settings = load(QuerySettings, {"SILLAGE_CLICKHOUSE_PASSWORD": "hunter2"})
    assert settings.clickhouse_password == "hunter2"
    assert "hunter2" not in repr(settings)


def test_a_secret_comes_from_its_file_where_it_is_not_set(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(" of two words \n")
    environ = {"SILLAGE_CLICKHOUSE_PASSWORD_FILE": str(file)}
    assert load(QuerySettings, environ).clickhouse_password == " of two words "
    environ["SILLAGE_CLICKHOUSE_PASSWORD"] = "hunter2"
    assert load(QuerySettings, environ).clickhouse_password == "hunter2"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff"])
def test_a_file_without_a_secret_stops_the_start_and_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingError, match=f"SILLAGE_KAFKA_SASL_PASSWORD_FILE is {file}, which"):
        load(ConsumerSettings, {"SILLAGE_KAFKA_SASL_PASSWORD_FILE": str(file)})


def test_every_file_of_a_secret_fills_a_secret() -> None:
    filled = {
        name: known()[variable(declared.metadata["fills"])]
        for name, declared in known().items()
        if declared.metadata["fills"]
    }
    assert filled
    assert not [name for name, secret in filled.items() if secret.repr]


def test_a_running_stack_is_found_and_the_environment_wins_over_it(tmp_path: Path) -> None:
    write_stack(tmp_path, {"SILLAGE_CLICKHOUSE_URL": "http://stack", "SILLAGE_CLICKHOUSE_PASSWORD": "a=b"})
    assert (tmp_path / "stack.env").stat().st_mode & 0o777 == 0o600
    found = with_stack({"SILLAGE_CLICKHOUSE_URL": "http://mine"}, tmp_path)
    assert found == {"SILLAGE_CLICKHOUSE_URL": "http://mine", "SILLAGE_CLICKHOUSE_PASSWORD": "a=b"}
    assert with_stack({}, tmp_path / "nowhere") == {}


def test_every_setting_is_in_the_reference_with_its_meaning() -> None:
    reference = REFERENCE.read_text()
    for name, setting in known().items():
        assert f"`{name}`" in reference, f"{name} is not in {REFERENCE}"
        assert setting.metadata["meaning"] in reference
    assert set(re.findall(r"^\| `(SILLAGE_\w+)`", reference, re.M)) == set(known())
