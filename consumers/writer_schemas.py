"""Writer schemas by their framing's key: from the topic that collectors publish them to, or the registry."""

import json
import logging

from confluent_kafka import Consumer, KafkaException, TopicPartition

from consumers.errors import RetryLater, StopConsuming
from runtime.kafka import connection
from runtime.schema_registry import RegistryAway, RegistryRefused, SchemaRegistry
from runtime.settings import KafkaSettings
from schemas.framing import SingleObject, registry_id
from schemas.topics import SCHEMAS
from schemas.usage import BATCH, Schema, fingerprint

log = logging.getLogger(__name__)

_READ_SECONDS = 5.0


class WriterSchemas:
    """This version's own schema and the published ones; an unknown key makes it look for what is new."""

    def __init__(
        self, kafka: KafkaSettings, registry: SchemaRegistry | None, read_seconds: float = _READ_SECONDS
    ) -> None:
        """Without a registry, an id of one is found only if a collector has published what it stands for."""
        self._registry = registry
        self._read_seconds = read_seconds
        self._found: dict[bytes, Schema] = {SingleObject(fingerprint(BATCH)).frame(b""): BATCH}
        self._next = 0
        self._consumer = Consumer(
            {
                **connection(kafka),
                "group.id": "sillage.schemas",  # required, never joined: the partition is assigned by hand
                "enable.auto.commit": False,
            }
        )

    def __call__(self, schema_key: bytes) -> Schema:
        """The schema of this key; raises RetryLater while it is nowhere, or cannot be looked for."""
        if schema_key not in self._found:
            self._read_on()
        if schema_key not in self._found:
            self._ask_registry(schema_key)
        return self._found[schema_key]

    def _read_on(self) -> None:
        place = TopicPartition(SCHEMAS.name, 0, self._next)
        try:
            low, end = self._consumer.get_watermark_offsets(place, timeout=self._read_seconds)
        except KafkaException as error:
            raise RetryLater(f"{SCHEMAS.name} cannot be read: {error}") from error
        place.offset = self._next = max(self._next, low)
        self._consumer.assign([place])
        while self._next < end:
            message = self._consumer.poll(self._read_seconds)
            if message is None or message.error():
                raise RetryLater(f"{SCHEMAS.name} cannot be read: {message and message.error()}")
            self._next = (message.offset() or 0) + 1
            self._found[message.key() or b""] = json.loads(message.value() or b"{}")
            log.info("Writer schema %s read", (message.key() or b"").hex())

    def _ask_registry(self, schema_key: bytes) -> None:
        """Raises StopConsuming where the registry turns us away."""
        missing = f"Writer schema {schema_key.hex()} is not in {SCHEMAS.name} yet"
        schema_id = registry_id(schema_key)
        if schema_id is None:
            raise RetryLater(f"{missing}.")
        if self._registry is None:
            raise RetryLater(f"{missing}; it is a registry's id, and SILLAGE_SCHEMA_REGISTRY_URL is not set.")
        try:
            found = self._registry.schema(schema_id)
        except RegistryAway as error:
            raise RetryLater(f"{missing}. {error}") from error
        except RegistryRefused as error:
            raise StopConsuming(f"{missing}. {error}") from error
        if found is None:
            raise RetryLater(f"{missing}, nor is {schema_id} in the schema registry at {self._registry.url}.")
        self._found[schema_key] = found
        log.info("Writer schema %d read from the registry", schema_id)
