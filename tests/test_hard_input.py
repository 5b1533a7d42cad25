"""What garbage does to the running pipeline: a refusal or a dead letter, no 500 and no lost neighbour."""

import json
import random
import time
import uuid
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from schemas import usage
from schemas.dead_letter import Reason
from schemas.topics import USAGE
from tests.client import dead_letters, event, send, stored
from tests.conftest import Stack
from tests.ingest.batches import usage_record

LONGEST_SECONDS = 200
"""Each corrupt record is found by INSERTs of ever fewer records: hundreds, on cores that others use too."""
JSON_TYPE = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def clickhouse(stack: Stack) -> Client:
    return connect(load(QuerySettings, stack.environ))


def batch(*events: Any, **changes: Any) -> bytes:
    whole = {"key": "pk_demo", "batch_id": str(uuid.uuid4()), "events": events} | changes
    return json.dumps(whole).encode()


HOSTILE_NAMES = [
    "'; DROP TABLE usage_events; --",
    "\\'; SELECT 1",
    "name\x00with\tcontrols\r\n",
    "{name:String} %s ${x}",
    "<script>alert(1)</script>",
    "\u202eright to left \U0001f6a2",
    "é" * 200,
]


def test_hostile_names_are_stored_as_they_are(stack: Stack, clickhouse: Client) -> None:
    sent = [event(name=name, page=name, user=name, session=name) for name in HOSTILE_NAMES]
    status, answer, _ = send(stack, "POST", batch(*sent), **JSON_TYPE)
    assert (status, answer) == (202, {"accepted": len(sent), "refused": []})
    assert stored(clickhouse, "name", [one["id"] for one in sent]) == HOSTILE_NAMES


@pytest.mark.parametrize("clock", [0, 86_400_000, 7_258_118_400_000, 9_999_999_999_999])
def test_a_clock_of_1970_or_2200_is_kept_and_never_moves_the_arrival(
    stack: Stack, clickhouse: Client, clock: int
) -> None:
    sent = event(at=clock)
    assert send(stack, "POST", batch(sent, sent_at=clock), **JSON_TYPE)[0] == 202
    columns = "tuple(toUnixTimestamp64Milli(client_at), received_at > now() - 60, occurred_at <= received_at)"
    assert stored(clickhouse, columns, [sent["id"]]) == [(clock, True, True)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"x" * 10_000_000, 413),
        (b"[" * 900_000, 400),
        (batch(event(properties=json.loads('{"a":' * 500 + "1" + "}" * 500))), 400),
        (batch(event()).replace(b'"at": ', b'"at": NaN, "x": '), 400),
        (b"\xff\xfe\x00", 400),
        (batch(), 400),
        (b"", 400),
    ],
    ids=["10 MB", "deep", "deep property", "NaN", "no UTF-8", "empty batch", "empty body"],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(stack: Stack, body: bytes, status: int) -> None:
    found, answer, _ = send(stack, "POST", body, **JSON_TYPE)
    assert found == status
    assert answer["error"]["message"] and answer["error"]["remedy"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
FIELDS = ("key", "batch_id", "sent_at", "context", "lost", "events")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary()
    | ANYTHING.map(json.dumps).map(str.encode)
    | st.dictionaries(st.sampled_from(FIELDS), ANYTHING).map(lambda given: batch(**given)),
    kind=st.sampled_from(["application/json", "text/plain", "text/plain;charset=UTF-8", "image/png", ""]),
)
def test_no_body_makes_the_collector_fail(stack: Stack, body: bytes, kind: str) -> None:
    status, answer, _ = send(stack, "POST", body, **{"Content-Type": kind})
    assert status == 202 or 400 <= status < 500
    assert status == 202 or answer["error"]["code"]


def corrupted(value: bytes, chance: random.Random) -> bytes:
    """The value with bytes changed, taken out, doubled or cut off behind its framing."""
    bad = bytearray(value)
    for _ in range(chance.choice([1, 1, 2, 8])):
        at = chance.randrange(10, len(bad)) if len(bad) > 10 else 10
        match chance.randrange(4):
            case 0:
                bad[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del bad[at : at + chance.randrange(1, 12)]
            case 2:
                bad[at:at] = bad[at : at + chance.randrange(1, 12)]
            case 3:
                bad = bad[:at]
    return bytes(bad)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_corrupt_records_become_dead_letters_and_cost_no_neighbour(
    stack: Stack, clickhouse: Client, seed: int
) -> None:
    """Some corruptions are valid batches again: those are stored. Everything else is a dead letter."""
    chance, marker = random.Random(seed), uuid.uuid4().bytes
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap_servers})
    now = usage.pack_received_at(time.time_ns() // 1_000_000)
    headers: Any = [("tenant", marker.hex()[:12].encode()), ("received_at", now), ("marker", marker)]
    good: list[str] = []
    for number in range(80):
        value, ids = usage_record(events=3)
        if number % 2:
            value = corrupted(value, chance)
        else:
            good += ids
        producer.produce(USAGE.name, value, key=marker, headers=headers)
    assert producer.flush(20) == 0
    assert len(stored(clickhouse, "name", good, LONGEST_SECONDS)) == 120

    sql = "SELECT uniqExact(kafka_partition, kafka_offset) FROM usage WHERE tenant = {tenant:String}"
    batches = clickhouse.query(sql, {"tenant": marker.hex()[:12]}).result_rows[0][0]
    letters = dead_letters(stack, marker, 20)
    assert {letter.reason for letter in letters} <= {Reason.ENGINE_REFUSED, Reason.TRUNCATED}
    assert 40 <= batches <= 60
