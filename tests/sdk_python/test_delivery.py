"""What the emitter sends, when, what it tries again, and what it says it lost."""

import email.utils
import logging
import re
import time
from typing import Any

import pytest
from sillage_emitter import Emitter, __version__

from tests.sdk_python.collector import Answer, Collector
from tests.sdk_python.conftest import KEY, NEVER, MakeEmitter

UUID7 = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NO_NAME: Any = ""


def refusal(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "It is so.", "remedy": "Do this."}}


def test_an_event_is_sent_as_documented(make: MakeEmitter, collector: Collector) -> None:
    emitter = make(release="2026.11.2")
    trace_id = 0x4BF92F3577B34DA6A3CE929D0E0E4736
    emitter.emit("invoice.sent", {"seats": 12}, user=17, session="s-1", trace_id=trace_id, page="/invoices")
    assert emitter.flush()
    (request,) = collector.requests
    assert request.path == "/v1/events"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    batch = request.batch
    (event,) = batch["events"]
    assert batch["context"] == {"sdk": f"python/{__version__}", "release": "2026.11.2"}
    assert UUID7.fullmatch(batch["batch_id"])
    assert UUID7.fullmatch(event.pop("id"))
    assert event.pop("at") <= batch["sent_at"] <= time.time_ns() // 1_000_000
    assert event == {
        "kind": "action", "name": "invoice.sent", "user": "17", "session": "s-1", "page": "/invoices",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "properties": {"seats": 12},
    }  # fmt: skip


def test_events_are_sent_as_soon_as_there_are_enough(make: MakeEmitter, collector: Collector) -> None:
    emitter = make(flush_events=3)
    for name in ("first", "second", "third"):
        emitter.emit(name)
    collector.wait_for_requests(1)
    assert collector.names == ["first", "second", "third"]


def test_fewer_events_are_sent_when_their_time_has_come(make: MakeEmitter, collector: Collector) -> None:
    make(flush_s=0.01).emit("alone")
    collector.wait_for_requests(1)
    assert collector.names == ["alone"]


def test_many_events_are_split_into_batches_that_the_collector_takes(
    make: MakeEmitter, collector: Collector
) -> None:
    emitter = make(flush_events=5_000)
    for n in range(1_100):
        emitter.emit(f"n{n}")
    for n in range(20):
        emitter.emit(f"large{n}", {f"{key}é": "\0" * 1_024 for key in range(50)})
    assert emitter.flush()
    assert collector.names == [f"n{n}" for n in range(1_100)] + [f"large{n}" for n in range(20)]
    assert max(len(batch["events"]) for batch in collector.batches) == 500
    assert max(len(request.body) for request in collector.requests) < 1_000_000
    assert len({batch["batch_id"] for batch in collector.batches}) == len(collector.batches)


def test_one_connection_is_kept(emitter: Emitter, collector: Collector) -> None:
    for name in ("first", "second"):
        emitter.emit(name)
        assert emitter.flush()
    first, second = collector.requests
    assert first.port == second.port


def test_a_connection_that_the_server_has_closed_costs_nothing(
    emitter: Emitter, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    emitter.emit("first")
    assert emitter.flush()
    collector.answers = [Answer(cut=True)]
    emitter.emit("second")
    assert emitter.flush()
    assert collector.names == ["first", "second", "second"]
    assert not caplog.records


@pytest.mark.parametrize("failure", [Answer(408), Answer(429), Answer(500), Answer(503), Answer(cut=True)])
def test_a_failure_that_may_pass_is_tried_again_under_the_same_ids(
    failure: Answer, emitter: Emitter, collector: Collector
) -> None:
    collector.answers = [failure, failure]
    emitter.emit("invoice.sent")
    assert emitter.flush()
    first, second, third = collector.batches
    assert first["batch_id"] == second["batch_id"] == third["batch_id"]
    assert first["events"] == second["events"] == third["events"]
    assert emitter.lost == {}


def test_it_waits_as_many_seconds_as_the_server_asks(emitter: Emitter, collector: Collector) -> None:
    collector.answers = [Answer(503, {"Retry-After": "1"})]
    emitter.emit("invoice.sent")
    assert emitter.flush()
    first, second = collector.batches
    assert second["sent_at"] - first["sent_at"] >= 1_000


def test_it_waits_until_the_date_that_the_server_names(emitter: Emitter, collector: Collector) -> None:
    named = int(time.time()) + 2
    collector.answers = [Answer(429, {"Retry-After": email.utils.formatdate(named, usegmt=True)})]
    emitter.emit("invoice.sent")
    assert emitter.flush()
    assert collector.batches[1]["sent_at"] >= named * 1_000


def test_a_close_gives_up_while_the_server_asks_to_wait(emitter: Emitter, collector: Collector) -> None:
    collector.answers = [Answer(503, {"Retry-After": "3600"})]
    emitter.emit("invoice.sent")
    assert not emitter.flush(0.1)
    assert not emitter.close(0.1)
    assert len(collector.requests) == 1


def test_a_close_does_not_wait_for_the_back_off(make: MakeEmitter, collector: Collector) -> None:
    emitter = make(back_off_s=(NEVER, NEVER), flush_events=1)
    collector.answers = [Answer(503)]
    emitter.emit("invoice.sent")
    collector.wait_for_requests(1)
    assert emitter.close()
    assert collector.names == ["invoice.sent", "invoice.sent"]


@pytest.mark.parametrize("status", [301, 400, 401, 413])
def test_what_is_refused_is_dropped_counted_and_reported_with_the_next_batch(
    status: int, emitter: Emitter, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    collector.answers = [Answer(status, content=refusal("key_unknown"))]
    emitter.emit("first")
    emitter.emit("second")
    assert emitter.flush()
    assert emitter.lost == {"refused": 2}
    emitter.emit("third")
    assert emitter.flush()
    assert [batch["lost"] for batch in collector.batches] == [{}, {"refused": 2}]
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("sillage_emitter", logging.ERROR)
    said = record.getMessage()
    assert f"a batch of 2 with {status} key_unknown. It is so. Do this." in said
    assert KEY not in said


def test_the_losses_that_a_refused_batch_carried_are_reported_later(
    emitter: Emitter, collector: Collector
) -> None:
    emitter.emit(NO_NAME)
    collector.answers = [Answer(400, content=refusal("batch_invalid"))]
    for name in ("first", "second"):
        emitter.emit(name)
        assert emitter.flush()
    assert [batch["lost"] for batch in collector.batches] == [{"invalid": 1}, {"invalid": 1, "refused": 1}]


def test_an_answer_that_is_no_collectors_is_not_taken_for_success(
    emitter: Emitter, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    collector.answers = [Answer(200, content={"welcome": "to some web site"})]
    emitter.emit("invoice.sent")
    assert emitter.flush()
    assert emitter.lost == {"refused": 1}
    assert "Check the emitter's url" in caplog.text


def test_single_refused_events_are_logged_by_reason(
    emitter: Emitter, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    refused = [{"index": n, "id": "", "reason": "name_too_long", "message": "Too long."} for n in range(2)]
    collector.answers = [Answer(202, content={"accepted": 1, "refused": refused})]
    for name in ("first", "second", "third"):
        emitter.emit(name)
    assert emitter.flush()
    assert caplog.messages == ["The collector refused 2 of 3 events: name_too_long. Too long."]
    assert emitter.lost == {}


def test_a_kind_of_trouble_is_logged_once(
    emitter: Emitter, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    collector.answers = [Answer(503)] * 5 + [Answer(cut=True)] * 2
    emitter.emit("invoice.sent")
    assert emitter.flush()
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


def test_events_that_waited_too_long_are_given_up_and_counted(
    make: MakeEmitter, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    emitter = make(max_age_s=0.5, back_off_s=(1.2, 1.2), flush_events=1)
    collector.answers = [Answer(503)]
    collector.open.clear()
    emitter.emit("on its way")
    collector.wait_for_requests(1)
    emitter.emit("behind it")
    collector.open.set()
    assert emitter.flush()
    assert emitter.lost == {"expired": 2}
    assert caplog.messages[-1] == "Events are lost: for too long they could not be delivered."
    emitter.emit("next")
    assert emitter.flush()
    assert collector.names == ["on its way", "next"]
    assert collector.batches[-1]["lost"] == {"expired": 2}


def test_large_bodies_are_compressed_where_that_is_asked_for(make: MakeEmitter, collector: Collector) -> None:
    emitter = make(gzip_above=1_000)
    emitter.emit("small")
    assert emitter.flush()
    emitter.emit("large", {"text": "x" * 1_000})
    assert emitter.flush()
    small, large = collector.requests
    assert "content-encoding" not in small.headers
    assert large.headers["content-encoding"] == "gzip"
    assert len(large.body) < 1_000
    assert collector.names == ["small", "large"]


def test_an_address_with_a_path_keeps_it(make: MakeEmitter, collector: Collector) -> None:
    emitter = make(url=f"{collector.url}/télé metry/")
    emitter.emit("invoice.sent")
    assert emitter.flush()
    assert collector.requests[0].path == "/t%C3%A9l%C3%A9%20metry/v1/events"
