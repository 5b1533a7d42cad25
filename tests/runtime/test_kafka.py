"""Kafka's settings, and librdkafka's configuration that is made of them."""

import re
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException

from runtime.kafka import Admin, KafkaRefused, connection, explain
from runtime.settings import KafkaSettings, SettingError
from tests.tls import Authority

SASL = {"kafka_sasl_username": "ada", "kafka_sasl_password": "hunter2"}


def made(**settings: object) -> dict[str, object]:
    return connection(KafkaSettings(**settings))  # type: ignore[arg-type]


def test_by_default_brokers_are_spoken_to_in_the_clear() -> None:
    found = made(kafka_bootstrap_servers="a:1,b:2")
    del found["error_cb"]
    assert found == {"bootstrap.servers": "a:1,b:2", "security.protocol": "plaintext"}


def test_tls_and_a_password_are_configured(tmp_path: Path) -> None:
    file = Authority(tmp_path).file
    found = made(kafka_security_protocol="sasl_ssl", kafka_ca_file=file, **SASL)
    del found["error_cb"], found["bootstrap.servers"]
    assert found == {
        "security.protocol": "sasl_ssl",
        "ssl.ca.location": str(file),
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "ada",
        "sasl.password": "hunter2",
    }


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kafka_security_protocol": "sasl_ssl"}, "is sasl_ssl: set SILLAGE_KAFKA_SASL_USERNAME and SILLAGE"),
        (
            {"kafka_security_protocol": "sasl_plaintext", "kafka_sasl_username": "ada"},
            "SILLAGE_KAFKA_SASL_PASSWORD",
        ),
        (SASL, "SILLAGE_KAFKA_SASL_… is set, but SILLAGE_KAFKA_SECURITY_PROTOCOL is plaintext"),
        (SASL | {"kafka_security_protocol": "ssl"}, "but SILLAGE_KAFKA_SECURITY_PROTOCOL is ssl"),
        (
            {"kafka_ca_file": Path("ca.pem")},
            "SILLAGE_KAFKA_CA_FILE is set, but SILLAGE_KAFKA_SECURITY_PROTOCOL",
        ),
        (
            {"kafka_security_protocol": "ssl", "kafka_ca_file": Path("none.pem")},
            "SILLAGE_KAFKA_CA_FILE is none.pem, which holds no certificate",
        ),
    ],
)
def test_settings_that_contradict_each_other_stop_the_start(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=re.escape(said)) as raised:
        made(**settings)
    assert "hunter2" not in str(raised.value)


def test_a_fault_that_is_not_about_settings_is_not_explained() -> None:
    assert explain(KafkaError(KafkaError._ALL_BROKERS_DOWN, "2/2 brokers are down")) == ""


def test_a_broker_that_does_not_answer_is_not_taken_for_one_that_refuses() -> None:
    client = Admin(KafkaSettings(kafka_bootstrap_servers="127.0.0.1:1"), quiet=True)
    with pytest.raises(KafkaException) as raised:
        client.list_topics(timeout=0.3)
    assert not isinstance(raised.value, KafkaRefused)
