"""The pass-through: what the consumer sends is the client's bytes, completed, and fastavro is never asked."""

import io
import json
import time
import uuid
from dataclasses import asdict
from typing import Any

import fastavro
import pytest

from consumers.enrichment.agents import Agent
from consumers.enrichment.geography import Place
from consumers.errors import RetryLater
from consumers.record import DeadRecord, Record
from consumers.usage import PLACES_SECONDS, UsageSink
from schemas import usage
from schemas.dead_letter import Reason
from schemas.framing import Confluent, SingleObject

FRAMING = SingleObject(usage.fingerprint(usage.BATCH))
AGENT = Agent("Firefox", "140", "Linux", "", "desktop", ())
PLACE = Place("FR", "Bretagne", "Brest", "Europe/Paris")


def batch(**changes: Any) -> dict[str, Any]:
    event = {
        "event_id": uuid.uuid4().bytes, "kind": "action", "name": "invoice.sent", "at": 1, "page": "/",
        "referrer": "", "session_id": "s", "user_id": "", "trace_id": "",
        "properties_json": '{"plan":"pro"}',
    }  # fmt: skip
    whole = {
        "client_ip": "203.0.113.0", "user_agent": "Firefox", "user_id": "", "session_id": "s",
        "batch_id": uuid.uuid4().bytes, "sent_at": 2,
        "retention_days": 90, "sdk": "", "release": "", "language": "", "screen": "", "timezone": "",
        "automated": False, "lost": {}, "events": [event] * 3,
    }  # fmt: skip
    return whole | changes


def record(value: bytes, offset: int = 0) -> Record:
    return Record(offset, value, b"demo", 1_790_000_000_000)


def encoded(content: dict[str, Any], schema: usage.Schema = usage.BATCH) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), content)
    return out.getvalue()


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def sink(asked: list[str]) -> UsageSink:
    def read_agent(user_agent: str) -> Agent:
        asked.append(user_agent)
        return AGENT

    def find_place(address: str) -> Place:
        asked.append(address)
        return PLACE

    def writer_schema(key: bytes) -> usage.Schema:
        if key in (FRAMING.frame(b""), Confluent(7).frame(b"")):
            return usage.BATCH
        raise RetryLater("unknown")

    return UsageSink(b"t" * 16, writer_schema, read_agent, find_place)


def test_an_insert_is_one_container_of_whole_records_in_their_order(sink: UsageSink) -> None:
    batches = [batch(), batch(user_agent="Chrome"), batch(events=[])]
    prepared = [sink.prepare(record(FRAMING.frame(encoded(b)), offset)) for offset, b in enumerate(batches)]
    tail = sink.tail(3, 1 << 62)
    parts = [part for _, own in prepared for part in (*own, tail)]
    made = sink.body(prepared[0][0], len(prepared), parts)
    body = b"".join(made.pieces)
    assert made.size == len(body)
    own = {"tenant": "demo", "received_at": 1_790_000_000_000, "topic_id": b"t" * 16, "kafka_partition": 3}
    own |= {"claim": 1 << 62}
    found = asdict(AGENT) | asdict(PLACE) | {"bot_reasons": []}
    assert list(fastavro.reader(io.BytesIO(body))) == [
        b | found | own | {"kafka_offset": offset, "seal": usage.SEAL} for offset, b in enumerate(batches)
    ]


def test_no_event_is_decoded_on_the_way(sink: UsageSink, monkeypatch: pytest.MonkeyPatch) -> None:
    value = FRAMING.frame(encoded(batch()))
    calls = []
    for name in ("schemaless_reader", "reader", "block_reader", "schemaless_writer", "writer"):
        monkeypatch.setattr(fastavro, name, lambda *_, name=name, **__: calls.append(name))
        monkeypatch.setattr(fastavro._read if "read" in name else fastavro._write, name, calls.append)
    monkeypatch.setattr(json, "loads", lambda *_: calls.append("json.loads"))
    group, parts = sink.prepare(record(value))
    assert b"".join(sink.body(group, 1, parts).pieces)
    assert calls == []


def test_each_address_and_each_user_agent_is_looked_up_once(sink: UsageSink, asked: list[str]) -> None:
    for content in (batch(), batch(), batch(user_agent="Chrome"), batch(client_ip="198.51.100.0")):
        sink.prepare(record(FRAMING.frame(encoded(content))))
    assert asked == ["Firefox", "203.0.113.0", "Chrome", "198.51.100.0"]


def test_of_a_person_who_objects_the_country_alone_is_found(sink: UsageSink, asked: list[str]) -> None:
    contents = [batch(client_ip="203.0.113.0/country"), batch(client_ip="203.0.113.0")]
    prepared = [sink.prepare(record(FRAMING.frame(encoded(content)))) for content in contents]
    parts = [part for _, own in prepared for part in (*own, sink.tail(0, 1))]
    body = b"".join(sink.body(prepared[0][0], 2, parts).pieces)
    rows: list[Any] = list(fastavro.reader(io.BytesIO(body)))
    assert [(row["country"], row["region"], row["city"], row["geo_timezone"]) for row in rows] == [
        ("FR", "", "", ""),
        ("FR", "Bretagne", "Brest", "Europe/Paris"),
    ]
    assert asked == ["Firefox", "203.0.113.0", "203.0.113.0"]


def test_a_place_is_looked_up_again_after_a_while(
    sink: UsageSink, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    group, parts = sink.prepare(record(FRAMING.frame(encoded(batch()))))
    later = time.monotonic() + PLACES_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    sink.body(group, 1, parts)
    sink.prepare(record(FRAMING.frame(encoded(batch()))))
    assert asked == ["Firefox", "203.0.113.0", "203.0.113.0"]


def test_batches_of_different_writer_schemas_share_no_insert(sink: UsageSink) -> None:
    framings = (FRAMING, Confluent(7))
    assert len({sink.prepare(record(framing.frame(encoded(batch()))))[0] for framing in framings}) == 2


def test_a_record_waits_while_its_writer_schema_is_unknown(sink: UsageSink) -> None:
    with pytest.raises(RetryLater):
        sink.prepare(record(Confluent(8).frame(encoded(batch()))))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", Reason.UNFRAMED),
        (b"{}", Reason.UNFRAMED),
        (FRAMING.frame(b""), Reason.TRUNCATED),
        (FRAMING.frame(b"\x16203.0"), Reason.TRUNCATED),
        (FRAMING.frame(b"\x01"), Reason.TRUNCATED),
        (FRAMING.frame(b"\x02\xff\x00"), Reason.TRUNCATED),
    ],
)
def test_a_record_that_cannot_be_read_is_dead_with_its_reason(
    sink: UsageSink, value: bytes, reason: Reason
) -> None:
    with pytest.raises(DeadRecord) as caught:
        sink.prepare(record(value))
    assert caught.value.reason is reason
