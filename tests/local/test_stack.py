"""The settings that the stack gives its parts."""

from pathlib import Path

import pytest

from local.credentials import Credentials
from local.data_dir import DataDir
from local.ports import Ports
from local.stack import part_environ, settings
from runtime.kafka import connection
from runtime.settings import ConsumerSettings, SettingError, known, load

DATA = DataDir(Path("/data"))
CREDENTIALS = Credentials("secret", Path("/data/tenants.toml"), Path("/data/pseudonym_keys.toml"), None)


def test_every_value_that_is_left_for_other_commands_is_a_setting() -> None:
    assert set(settings(DATA, Ports(9000), CREDENTIALS, {})) <= set(known())


def test_the_users_own_tenants_and_log_level_win_but_not_the_addresses(tmp_path: Path) -> None:
    user = {
        "PATH": "/bin",
        "SILLAGE_TENANTS_FILE": "/mine.toml",
        "SILLAGE_LOG_LEVEL": "debug",
        "SILLAGE_KAFKA_BOOTSTRAP_SERVERS": "production:9092",
        "SILLAGE_CLICKHOUSE_URL": "https://production",
    }
    values = settings(DATA, Ports(9000), CREDENTIALS, user)
    environ = part_environ(DataDir(tmp_path), user, values)
    assert environ["PATH"] == "/bin"
    assert environ["SILLAGE_TENANTS_FILE"] == "/mine.toml"
    assert environ["SILLAGE_PSEUDONYM_KEYS_FILE"] == "/data/pseudonym_keys.toml"
    assert environ["SILLAGE_LOG_LEVEL"] == "debug"
    assert environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"] == "127.0.0.1:9002"
    assert environ["SILLAGE_CLICKHOUSE_URL"] == "http://127.0.0.1:9001"


def test_what_a_user_has_set_for_servers_elsewhere_does_not_keep_the_parts_from_each_other(
    tmp_path: Path,
) -> None:
    user = {
        "SILLAGE_KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
        "SILLAGE_KAFKA_SASL_USERNAME": "ada",
        "SILLAGE_KAFKA_SASL_PASSWORD_FILE": "/run/secrets/none",
        "SILLAGE_KAFKA_CA_FILE": "/none.pem",
        "SILLAGE_CLICKHOUSE_CA_FILE": "/none.pem",
    }
    environ = part_environ(DataDir(tmp_path), user, settings(DATA, Ports(9000), CREDENTIALS, user))
    assert connection(load(ConsumerSettings, environ))["security.protocol"] == "plaintext"
    assert load(ConsumerSettings, environ).clickhouse_ca_file is None


def test_parts_do_not_report_to_the_supervisor_of_the_supervisor(tmp_path: Path) -> None:
    values = settings(DATA, Ports(9000), CREDENTIALS, {})
    assert "NOTIFY_SOCKET" not in part_environ(DataDir(tmp_path), {"NOTIFY_SOCKET": "/run/notify"}, values)


def test_a_setting_that_does_not_exist_stops_the_start(tmp_path: Path) -> None:
    values = settings(DATA, Ports(9000), CREDENTIALS, {})
    with pytest.raises(SettingError, match="SILLAGE_LOG_LEVEL"):
        part_environ(DataDir(tmp_path), {"SILLAGE_LOG_LEVLE": "debug"}, values)
