"""Writer schemas on the real Kafka: found once they are published, waited for until then."""

import json
import uuid

import pytest
from confluent_kafka import Producer

from consumers.errors import RetryLater
from consumers.writer_schemas import WriterSchemas
from runtime.settings import KafkaSettings
from schemas import usage
from schemas.framing import SingleObject
from schemas.topics import SCHEMAS
from tests.conftest import Stack

NOWHERE = KafkaSettings(kafka_bootstrap_servers="127.0.0.1:1")


def test_a_schema_is_waited_for_until_somebody_publishes_it(stack: Stack) -> None:
    newer = usage.BATCH | {
        "fields": [*usage.BATCH["fields"], {"name": "more", "type": "string", "default": ""}]
    }
    key = SingleObject(uuid.uuid4().bytes[:8]).frame(b"")
    schemas = WriterSchemas(stack.kafka, None)
    with pytest.raises(RetryLater, match=key.hex()):
        schemas(key)
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap_servers})
    producer.produce(SCHEMAS.name, json.dumps(newer).encode(), key=key)
    assert producer.flush(10) == 0
    assert schemas(key) == newer


def test_this_versions_own_schema_needs_no_kafka() -> None:
    schemas = WriterSchemas(NOWHERE, None)
    assert schemas(SingleObject(usage.fingerprint(usage.BATCH)).frame(b"")) == usage.BATCH


def test_an_unreachable_kafka_is_waited_for() -> None:
    with pytest.raises(RetryLater, match="cannot be read"):
        WriterSchemas(NOWHERE, None, read_seconds=0.1)(b"unknown")
