"""One trace of any shape: read within bounds, each span once."""

import tracemalloc

import pytest
from clickhouse_connect.driver.client import Client

from queries.traces.places import locate
from queries.traces.trace import Trace, read_trace
from queries.traces.tree import grow, walk
from tests.queries.traces.spans import TRACE, exception, request, span, store

A_MILLION = 1_000_000
NUMBERED = {"exception.type": "E", "exception.message": 4242}


def read(client: Client, tenant: str, shown: int = 2_000) -> Trace:
    (place,) = locate(client, [TRACE], tenant)
    return read_trace(client, place, shown)


def test_a_trace_is_read_whole_with_what_failed(client: Client, tenant: str) -> None:
    card = exception("CardDeclined", "card 4242", "at charge")
    store(client, request(shop=[span("1", attributes={"http.response.status_code": 500})]), tenant=tenant)
    store(client, request(pay=[span("2", "1", at=1, error="declined", events=[card])]), tenant=tenant)
    trace = read(client, tenant)
    assert (trace.total, trace.errors, trace.services, trace.duration_ns) == (2, 1, 2, 11_000_000)
    root, failed = trace.spans
    assert (root.id, root.parent_id, root.http_status) == ("0" * 15 + "1", "", 500)
    assert (failed.failed, failed.message) == (True, "declined")
    assert (failed.exception_type, failed.exception_message) == ("CardDeclined", "card 4242")


def test_a_span_that_came_twice_is_shown_once_and_counted(client: Client, tenant: str) -> None:
    for _ in range(2):
        store(client, request(shop=[span("1"), span("1")]), tenant=tenant)
    trace = read(client, tenant)
    assert (trace.total, [one.copies for one in trace.spans]) == (1, [4])


def test_a_span_that_ended_before_it_started_lasts_nothing_and_says_so(client: Client, tenant: str) -> None:
    store(client, request(shop=[span("1", ms=-5)]), tenant=tenant)
    (one,) = read(client, tenant).spans
    assert (one.duration_ns, one.ends_before_start) == (0, True)


def test_a_child_may_come_before_its_parent_and_a_day_later(client: Client, tenant: str) -> None:
    store(client, request(shop=[span("2", "1")]), tenant=tenant, days_ago=1)
    assert [node.span.id[-1] for node in grow(read(client, tenant).spans).orphans] == ["2"]
    store(client, request(shop=[span("1")]), tenant=tenant)
    forest = grow(read(client, tenant).spans)
    assert [[node.span.id[-1] for node in walk(top)] for top in forest.tops] == [["1", "2"]]


def test_long_values_and_a_thousand_attributes_do_no_harm(client: Client, tenant: str) -> None:
    attributes = {f"key{n}": n for n in range(1_000)} | {"long": "x" * 65_536}
    failed = span("1", attributes=attributes, error="y" * 65_536, events=[exception("E", "z" * 65_536)])
    store(client, request(shop=[failed]), tenant=tenant)
    (one,) = read(client, tenant).spans
    assert (len(one.message), len(one.exception_message)) == (300, 300)


def test_a_text_of_any_length_is_told_up_to_its_three_hundredth_byte(client: Client, tenant: str) -> None:
    texts = ["", "z", "z" * 127, "z" * 128, "z" * 16_383, "z" * 16_384, "z" + "é" * 200]
    spans = [span(f"{n + 1}", at=n, events=[exception("E", text)]) for n, text in enumerate(texts)]
    store(client, request(shop=spans), tenant=tenant)
    told = [one.exception_message for one in read(client, tenant).spans]
    assert told == [text.encode()[:300].decode(errors="ignore") for text in texts]


@pytest.mark.parametrize(
    ("stored", "told"), [("0a01610a0162", "a"), ("0a", ""), ("0a80", ""), ("", ""), ("0a0561", "a")]
)
def test_what_is_stored_of_an_exception_is_told_whatever_it_is(
    client: Client, tenant: str, stored: str, told: str
) -> None:
    client.command(
        "INSERT INTO trace_spans (received_at, tenant, retention_days, service, name, started_at, trace_id,"
        " span_id, `events.at`, `events.name`, `events.attributes`)"
        f" SELECT now64(3), '{tenant}', 90, 'shop', 'pay', now64(9), unhex('{TRACE}'),"
        " unhex('0000000000000001'),"
        f" [now64(9)], ['exception'], [map('exception.message', unhex('{stored}'))]"
    )
    (one,) = read(client, tenant).spans
    assert one.exception_message == told


def test_an_exception_whose_message_is_a_number_is_told_by_its_type(client: Client, tenant: str) -> None:
    store(client, request(shop=[span("1", events=[("exception", NUMBERED)])]), tenant=tenant)
    (one,) = read(client, tenant).spans
    assert (one.exception_type, one.exception_message) == ("E", "")


def test_of_a_million_spans_roots_errors_and_their_parents_are_read_within_bounds(
    client: Client, tenant: str
) -> None:
    """Each span is the child of the one before it by ten; one in 2,000 failed, the last among them."""
    client.command(
        "INSERT INTO trace_spans (received_at, tenant, retention_days, service, name, status, started_at,"
        " duration_ns, trace_id, span_id, parent_span_id, attributes, attribute_types)"
        f" SELECT now64(3), '{tenant}', 90, 'shop', 'step', if(number % 2000 = 1999, 'error', 'unset'),"
        f" now64(9) - 60 + number / 100000, 1000, unhex('{TRACE}'), unhex(leftPad(hex(number + 1), 16, '0')),"
        " if(number = 0, '', unhex(leftPad(hex(intDiv(number, 10) + 1), 16, '0'))), map('a', 'b'), [10]"
        f" FROM numbers({A_MILLION})"
    )
    tracemalloc.start()
    trace = read(client, tenant, shown=1_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (trace.total, trace.errors) == (A_MILLION, 500)
    assert 1_000 <= len(trace.spans) <= 2_000
    assert sum(one.failed for one in trace.spans) == 500
    forest = grow(trace.spans, trace.hidden)
    assert (len(forest.roots), forest.orphans) == (1, ())
    assert most < 50_000_000
