"""A real schema registry: `sillage migrate` registers, the collector frames, consumers read."""

import json
import time
import urllib.request
import uuid
from typing import Any

import pytest
from confluent_kafka import Producer

from consumers.writer_schemas import WriterSchemas
from runtime.schema_registry import SUBJECT, RegistryRefused
from schemas.framing import Confluent
from schemas.topics import USAGE
from schemas.usage import BATCH, Schema, pack_received_at
from tests.apicurio import Apicurio
from tests.brokers import messages
from tests.client import awaited, event, stored
from tests.consumers.test_usage_sink import batch, encoded
from tests.registry.conftest import Site, says

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]  # the first run may have to fetch the jars


def with_field(name: str, **more: Any) -> Schema:
    return BATCH | {"fields": [*BATCH["fields"], {"name": name, "type": "string", **more}]}


NEWER = with_field("more", default="")


def asked(registry: Apicurio, path: str) -> Any:
    with urllib.request.urlopen(registry.url + path, timeout=10) as answer:
        return json.loads(answer.read())


def post(site: Site, sent: dict[str, Any]) -> bool:
    body = {"key": "pk_demo", "batch_id": str(uuid.uuid4()), "events": [sent]}
    request = urllib.request.Request(
        f"{site.collector_url}/v1/events", json.dumps(body).encode(), {"Content-Type": "text/plain"}
    )
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return bool(answer.status == 202)
    except OSError:
        return False


def produce(site: Site, schema_id: int, schema: Schema) -> str:
    """A record of one event, such as another version of the collector writes; gives the event's id."""
    identity = uuid.uuid4()
    (first, *_) = batch()["events"]
    written = batch(more="text", events=[first | {"event_id": identity.bytes}])
    producer = Producer({"bootstrap.servers": site.kafka.kafka_bootstrap_servers})
    producer.produce(
        USAGE.name,
        Confluent(schema_id).frame(encoded(written, schema)),
        headers=[("tenant", b"demo"), ("received_at", pack_received_at(time.time_ns() // 1_000_000))],
    )
    assert producer.flush(10) == 0
    return str(identity)


def test_migrate_registers_the_schema_and_holds_its_subject_to_backward(site: Site, own: Apicurio) -> None:
    own.start()
    site.use(own)
    would = site.sillage("migrate", "--dry-run")
    assert f"would register a schema of {SUBJECT}" in would.stdout, would.stderr
    assert site.registry.id_of(BATCH) is None
    first, again = site.sillage("migrate"), site.sillage("migrate")
    schema_id = site.registry.id_of(BATCH)
    assert f"registered schema {schema_id} of {SUBJECT}" in first.stdout, first.stderr
    assert (again.returncode, "registered" in again.stdout) == (0, False)
    assert schema_id is not None
    assert site.registry.schema(schema_id) == BATCH
    assert asked(own, f"/config/{SUBJECT}") == {"compatibilityLevel": "BACKWARD"}


def test_a_schema_that_cannot_read_what_was_written_is_refused(site: Site, apicurio: Apicurio) -> None:
    site.use(apicurio)
    registry = site.registry
    registry.register(BATCH)
    assert registry.register(NEWER) != registry.id_of(BATCH)
    with pytest.raises(RegistryRefused, match="not BACKWARD compatible"):
        registry.register(with_field("without_default"))
    assert registry.id_of(with_field("without_default")) is None


def test_nothing_is_lost_while_the_registry_is_away(site: Site, own: Apicurio) -> None:
    site.sillage("migrate")
    site.client.command("ALTER TABLE usage_batches ADD COLUMN more String")
    site.use(own)
    early, late = event(), event()
    with site.running("collector") as log:
        says(log, "Taking nothing yet")
        assert not post(site, early)
    own.start()
    own_ids = [site.registry.register(schema) for schema in (BATCH, NEWER)]
    with site.running("collector"):
        awaited(lambda: post(site, early))
        own.kill()
        assert post(site, late)  # a running collector needs no registry
    values = [message.value() or b"" for message in messages(site.address, USAGE.name, USAGE.partitions)]
    assert [value[:5] for value in values] == [Confluent(own_ids[0]).frame(b"")] * 2
    foreign = produce(site, own_ids[1], NEWER)
    with site.running("consumer") as log:
        says(log, "nothing is lost: Writer schema")
        says(log, f"The schema registry at {own.url} does not answer")
        own.start()  # it has forgotten all, and gives the same ids again
        assert [site.registry.register(schema) for schema in (BATCH, NEWER)] == own_ids
        sent = [early["id"], late["id"], foreign]
        assert stored(site.client, "tenant", sent) == ["demo"] * 3


def test_an_id_is_found_in_the_registry_and_remembered(site: Site, apicurio: Apicurio) -> None:
    site.sillage("migrate")
    site.use(apicurio)
    site.registry.register(BATCH)
    schema_id = site.registry.register(NEWER)
    schemas = WriterSchemas(site.kafka, site.registry)
    key = Confluent(schema_id).frame(b"")
    assert schemas(key) == NEWER
