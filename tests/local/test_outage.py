"""Kafka frozen under the running stack: events are taken all the same, and stored once it is back."""

import contextlib
from collections.abc import Iterator

import psutil

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.client import event, post, send, stored
from tests.conftest import Stack


@contextlib.contextmanager
def frozen(stack: Stack, sign: str) -> Iterator[None]:
    """Stop one process of the stack, and let it go on at the end."""
    assert stack.process is not None
    children = psutil.Process(stack.process.pid).children(recursive=True)
    (process,) = [child for child in children if sign in child.cmdline()]
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def test_while_kafka_is_away_events_are_taken_and_stored_once_it_is_back(stack: Stack) -> None:
    before, during, after = event(), event(), event()
    assert post(stack, [before])[0] == 202
    with frozen(stack, "kafka.Kafka"):
        assert post(stack, [during])[0] == 202
        assert send(stack, "GET", path="/readyz")[0] == 200
    assert post(stack, [after])[0] == 202
    clickhouse = connect(load(QuerySettings, stack.environ))
    assert stored(clickhouse, "name", [one["id"] for one in (before, during, after)]) == ["invoice.sent"] * 3


def test_while_clickhouse_is_away_events_are_taken_and_stored_once_it_is_back(stack: Stack) -> None:
    sent = [event() for _ in range(50)]
    with frozen(stack, "local.clickhouse"):
        assert post(stack, sent)[0] == 202
    clickhouse = connect(load(QuerySettings, stack.environ))
    assert len(stored(clickhouse, "name", [one["id"] for one in sent])) == 50
