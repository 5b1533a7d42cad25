"""The one way to Kafka: what every client is told of the brokers, and what it means to be turned away."""

import logging
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from runtime.authorities import check_authorities
from runtime.settings import KafkaSettings, SettingError

log = logging.getLogger(__name__)
_silent = logging.getLogger(f"{__name__}.connections")
_silent.disabled = True  # that a broker does not answer is told once, in our own words

_TIMEOUT = 10.0
_REFUSED_WITHIN_SECONDS = 2.0
_REFUSED = (
    "Kafka refuses the user or the password. Correct SILLAGE_KAFKA_SASL_USERNAME, SILLAGE_KAFKA_SASL_PASSWORD"
    " or SILLAGE_KAFKA_SASL_MECHANISM."
)
_NOT_TRUSTED = (
    "There is no TLS with Kafka. Correct SILLAGE_KAFKA_CA_FILE, SILLAGE_KAFKA_SECURITY_PROTOCOL, or the host"
    " names in SILLAGE_KAFKA_BOOTSTRAP_SERVERS."
)


class KafkaRefused(KafkaException):
    """Brokers are there, but not for us as we are set; the text names the settings."""

    def __str__(self) -> str:
        fault: KafkaError = self.args[0]
        return fault.str()


class Admin(AdminClient):
    """An admin client that knows why brokers turn it away, once they were asked for their topics."""

    def __init__(self, settings: KafkaSettings, *, quiet: bool = False) -> None:
        """Asks Kafka nothing yet; raises SettingError. A quiet one logs no connection that fails."""
        self._refusal = ""
        configuration = connection(settings) | {"error_cb": self._note}
        if quiet:
            super().__init__(configuration, logger=_silent)
        else:
            super().__init__(configuration)

    def list_topics(self, topic: str | None = None, timeout: float = _TIMEOUT) -> Any:
        """As AdminClient's; raises KafkaException, and early where it is KafkaRefused."""
        early = min(timeout, _REFUSED_WITHIN_SECONDS)
        try:
            return super().list_topics(topic, early)
        except KafkaException as error:
            self._raise_refusal(error)
            if early == timeout:
                raise
        try:
            return super().list_topics(topic, timeout - early)
        except KafkaException as error:
            self._raise_refusal(error)
            raise

    def _raise_refusal(self, error: KafkaException) -> None:
        self.poll(0)  # lets librdkafka say what it has heard
        if self._refusal:
            raise KafkaRefused(KafkaError(error.args[0].code(), self._refusal)) from error

    def _note(self, fault: KafkaError) -> None:
        self._refusal = explain(fault) or self._refusal


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """The part of librdkafka's configuration that all clients share; raises SettingError.

    A client that is polled logs in our words why brokers turn it away.
    """
    _check(settings)
    configuration = {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "security.protocol": settings.kafka_security_protocol,
        "error_cb": _warn,
    }
    if settings.kafka_ca_file:
        configuration["ssl.ca.location"] = str(settings.kafka_ca_file)
    if _has_sasl(settings):
        configuration["sasl.mechanism"] = settings.kafka_sasl_mechanism
        configuration["sasl.username"] = settings.kafka_sasl_username
        configuration["sasl.password"] = settings.kafka_sasl_password
    return configuration


def explain(fault: KafkaError) -> str:
    """What librdkafka's error means for the settings; empty where it is not about them."""
    meaning = {KafkaError._AUTHENTICATION: _REFUSED, KafkaError._SSL: _NOT_TRUSTED}.get(fault.code())
    return f"{meaning} librdkafka says: {fault.str()}" if meaning else ""


def _warn(fault: KafkaError) -> None:
    if meaning := explain(fault):
        log.warning("%s", meaning)


def _has_sasl(settings: KafkaSettings) -> bool:
    return settings.kafka_security_protocol.startswith("sasl_")


def _check(settings: KafkaSettings) -> None:
    """Refuse settings that contradict each other: one that is silently not used is a hole nobody sees."""
    protocol = f"SILLAGE_KAFKA_SECURITY_PROTOCOL is {settings.kafka_security_protocol}"
    user, password = settings.kafka_sasl_username, settings.kafka_sasl_password
    if _has_sasl(settings) and not (user and password):
        raise SettingError(f"{protocol}: set SILLAGE_KAFKA_SASL_USERNAME and SILLAGE_KAFKA_SASL_PASSWORD.")
    if not _has_sasl(settings) and (user or password):
        raise SettingError(f"SILLAGE_KAFKA_SASL_… is set, but {protocol}; expected sasl_ssl.")
    if settings.kafka_ca_file:
        if not settings.kafka_security_protocol.endswith("ssl"):
            raise SettingError(f"SILLAGE_KAFKA_CA_FILE is set, but {protocol}; expected ssl or sasl_ssl.")
        check_authorities(settings.kafka_ca_file, "SILLAGE_KAFKA_CA_FILE")
