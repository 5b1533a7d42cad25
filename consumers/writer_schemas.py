"""Writer schemas by their framing's key, from the compacted topic that collectors publish them to."""

import json
import logging

from confluent_kafka import Consumer, KafkaException, TopicPartition

from consumers.errors import RetryLater
from schemas.framing import SingleObject
from schemas.topics import SCHEMAS
from schemas.usage import BATCH, Schema, fingerprint

log = logging.getLogger(__name__)

_READ_SECONDS = 5.0


class PublishedSchemas:
    """This version's own schema and the published ones; an unknown key makes it read what is new."""

    def __init__(self, bootstrap_servers: str, read_seconds: float = _READ_SECONDS) -> None:
        self._read_seconds = read_seconds
        self._found: dict[bytes, Schema] = {SingleObject(fingerprint(BATCH)).frame(b""): BATCH}
        self._next = 0
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": "sillage.schemas",  # required, never joined: the partition is assigned by hand
                "enable.auto.commit": False,
            }
        )

    def __call__(self, schema_key: bytes) -> Schema:
        """The schema of this key; raises RetryLater while nobody has published it."""
        if schema_key not in self._found:
            self._read_on()
        try:
            return self._found[schema_key]
        except KeyError:
            raise RetryLater(f"Writer schema {schema_key.hex()} is not in {SCHEMAS.name} yet.") from None

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
