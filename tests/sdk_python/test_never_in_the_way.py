"""Whatever the network and the application do, the application goes on."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sillage_emitter import Emitter

from tests.conftest import free_port_base
from tests.sdk_python.collector import Answer, Collector
from tests.sdk_python.conftest import MakeEmitter


@pytest.fixture
def dead_url() -> str:
    """An address at which nobody listens."""
    return f"http://127.0.0.1:{free_port_base()}"


def test_while_the_server_does_not_answer_events_wait_and_the_newest_are_dropped_when_the_queue_is_full(
    make: MakeEmitter, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    emitter = make(queue=10, flush_events=1)
    collector.open.clear()
    emitter.emit("under way")
    collector.wait_for_requests(1)
    for n in range(15):
        emitter.emit(f"n{n}")
    assert emitter.lost == {"queue_full": 5}
    assert caplog.messages == ["Events are lost: the queue is full."]
    assert not emitter.flush(0.01)
    collector.open.set()
    assert emitter.flush()
    assert collector.names == ["under way"] + [f"n{n}" for n in range(10)]
    assert [batch["lost"] for batch in collector.batches] == [{}, {"queue_full": 5}]


def test_a_queue_is_full_by_bytes_too(make: MakeEmitter) -> None:
    emitter = make(url="http://127.0.0.1:9", queue=1_000_000)
    large = {str(n): "\0" * 1_024 for n in range(50)}
    for _ in range(120):
        emitter.emit("large", large)
    assert 0 < emitter.lost["queue_full"] < 60


def test_a_server_that_never_answers_does_not_hold_a_close_up(
    make: MakeEmitter, collector: Collector
) -> None:
    emitter = make(timeout_s=0.05, flush_events=1)
    collector.open.clear()
    emitter.emit("invoice.sent")
    collector.wait_for_requests(2)  # the first attempt timed out
    assert not emitter.close(0.1)
    emitter.emit("too late")
    assert "invoice.sent" in collector.names
    assert "too late" not in collector.names


def test_nobody_at_the_address_is_a_warning_until_events_are_lost(
    make: MakeEmitter, dead_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    emitter = make(url=dead_url)
    emitter.emit("invoice.sent")
    assert not emitter.flush(0.1)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert not emitter.close(0.1)
    assert caplog.records[-1].levelno == logging.ERROR
    assert "1 could not be delivered" in caplog.messages[-1]


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (None, None),
        ("", "sk_demo"),
        ("telemetry.example", "sk_demo"),
        ("ftp://telemetry.example", "sk_demo"),
        ("http://telemetry.example:port", "sk_demo"),
        ("http://[::1", "sk_demo"),
        ("http://telemetry.example", ""),
        ("http://telemetry.example", "sk_demo\r\nX-Other: 1"),
        ("http://telemetry.example", "clé"),
    ],
)
def test_without_a_usable_address_or_key_it_says_so_once_and_does_nothing(
    url: str | None, key: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    emitter = Emitter(url, key)
    emitter.emit("invoice.sent")
    assert emitter.flush()
    assert emitter.close()
    assert emitter.lost == {}
    (message,) = caplog.messages
    assert message.startswith("Nothing will be sent: ")
    assert not key or key not in message


class Hostile:
    """An object of the application that fails at whatever is done with it."""

    def _fail(self, *_: object) -> Any:
        raise RuntimeError("no")

    __str__ = __repr__ = __bool__ = __len__ = __iter__ = __eq__ = __hash__ = _fail


@pytest.mark.parametrize("field", ["name", "properties", "user", "session", "trace_id", "kind", "page"])
def test_an_object_that_fails_at_everything_does_not_reach_the_application(
    field: str, emitter: Emitter
) -> None:
    wrong: dict[str, Any] = {"name": "invoice.sent", field: Hostile()}
    emitter.emit(**wrong)
    assert emitter.flush()


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": 7}, {"name": "x", "kind": "purchase"}])
def test_an_event_that_is_none_is_counted_as_invalid(
    wrong: dict[str, Any], emitter: Emitter, caplog: pytest.LogCaptureFixture
) -> None:
    emitter.emit(**wrong)
    assert emitter.lost == {"invalid": 1}
    assert "An event is left out" in caplog.text


def test_threads_that_emit_at_once_lose_nothing(make: MakeEmitter, collector: Collector) -> None:
    emitter = make(flush_events=7)
    together = threading.Barrier(8)

    def work(thread: int) -> None:
        together.wait()
        for n in range(200):
            emitter.emit(f"{thread}.{n}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert emitter.close()
    assert sorted(collector.names) == sorted(f"{thread}.{n}" for thread in range(8) for n in range(200))


def test_a_log_handler_that_emits_does_not_go_round_in_circles(
    make: MakeEmitter, collector: Collector
) -> None:
    emitter = make()

    class Emitting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            emitter.emit("logged", {"level": record.levelname})

    handler = Emitting()
    logging.getLogger("sillage_emitter").addHandler(handler)
    try:
        collector.answers = [Answer(503)]
        emitter.emit("invoice.sent")
        assert emitter.close()
    finally:
        logging.getLogger("sillage_emitter").removeHandler(handler)
    assert set(collector.names) <= {"invoice.sent", "logged"}


def test_where_no_thread_can_be_started_the_close_delivers(
    emitter: Emitter, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    unpatched: Callable[[threading.Thread], None] = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", refuse)
    emitter.emit("invoice.sent")
    assert not collector.requests
    with monkeypatch.context() as context:
        # The test's server, which is in this process, needs a thread for each connection.
        context.setattr(threading.Thread, "start", lambda t: refuse(t) if _is_ours(t) else unpatched(t))
        assert emitter.close()
    assert collector.names == ["invoice.sent"]


def _is_ours(thread: threading.Thread) -> bool:
    return thread.name == "sillage-emitter"
