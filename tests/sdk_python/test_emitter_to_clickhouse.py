"""Events that a back end emits stand in ClickHouse, each once."""

import urllib.request
import uuid
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client
from sillage_emitter import Emitter, __version__

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.client import awaited, send
from tests.conftest import Stack
from tests.sdk_python.collector import Answer, Collector, Request

COUNTED = """
SELECT count(), uniqExact(event_id), uniqExact(toString(properties['n']))
FROM usage WHERE name = {name:String}"""
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def clickhouse(stack: Stack) -> Client:
    return connect(load(QuerySettings, stack.environ))


@pytest.fixture
def name() -> str:
    return f"emitted.{uuid.uuid4().hex}"


@pytest.fixture
def emitter(stack: Stack) -> Iterator[Emitter]:
    with Emitter(stack.collector_url, stack.secret_key, "2026.11.2") as emitting:
        yield emitting


def stored_once(clickhouse: Client, name: str, count: int) -> None:
    """Wait until the numbers below `count` are stored; fails when one of them is there twice."""
    asked = {"name": name}
    rows = awaited(lambda: (found := clickhouse.query(COUNTED, asked).result_rows[0])[2] >= count and found)
    assert rows == (count, count, count)


def test_what_is_emitted_is_stored_once(emitter: Emitter, clickhouse: Client, name: str) -> None:
    for n in range(1_200):
        emitter.emit(name, {"n": n})
    assert emitter.flush()
    stored_once(clickhouse, name, 1_200)


def test_an_event_is_stored_as_it_was_emitted_and_counts_as_a_persons(
    emitter: Emitter, clickhouse: Client, name: str
) -> None:
    trace_id = uuid.uuid4().hex
    properties = {"plan": "pro", "seats": 12, "trial": False, "name": "Zoë \ud83d"}
    emitter.emit(name, properties, user="u-17", session="s-1", trace_id=trace_id, page="/invoices")
    assert emitter.flush()
    columns = "tenant, kind, page, session_id, trace_id, properties, sdk, release, is_bot, length(user_id)"
    sql = f"SELECT {columns} FROM usage WHERE name = {{name:String}}"
    (row,) = awaited(lambda: clickhouse.query(sql, {"name": name}).result_rows)
    assert row == (
        "demo", "action", "/invoices", "s-1", trace_id, properties | {"name": "Zoë �"},
        f"python/{__version__}", "2026.11.2", False, 32,
    )  # fmt: skip


def test_a_batch_whose_answer_was_lost_is_sent_again_and_stored_once(
    stack: Stack, clickhouse: Client, collector: Collector, name: str
) -> None:
    statuses: list[int] = []

    def pass_on(request: Request) -> None:
        headers = {"Content-Type": "application/json", "Authorization": request.headers["authorization"]}
        statuses.append(send(stack, "POST", request.body, **headers)[0])

    unheard = Answer(after=pass_on, cut=True)
    collector.answers = [unheard, unheard, Answer(after=pass_on)]
    with Emitter(collector.url, stack.secret_key, back_off_s=(0.001, 0.01)) as emitter:
        for n in range(20):
            emitter.emit(name, {"n": n})
    assert statuses == [202, 202, 202]
    stored_once(clickhouse, name, 20)


def test_a_wrong_key_is_refused_and_the_log_says_what_to_do(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    with Emitter(stack.collector_url, "sk_wrong") as emitter:
        emitter.emit("invoice.sent")
    assert emitter.lost == {"refused": 1}
    assert "401 key_unknown" in caplog.text
    assert "Copy the key anew" in caplog.text


def test_losses_reach_the_collectors_metrics(stack: Stack, emitter: Emitter) -> None:
    nameless: str = ""
    emitter.emit(nameless)
    emitter.emit("invoice.sent")
    assert emitter.flush()
    with urllib.request.urlopen(stack.metrics_url) as answer:
        metrics = answer.read().decode()
    assert 'sillage_client_lost_events_total{reason="invalid",tenant="demo"}' in metrics
