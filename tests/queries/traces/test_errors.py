"""Groups of errors: what is alike, where it was raised, whom it touched."""

import pytest
from clickhouse_connect.driver.client import Client

from queries.traces.errors import ErrorGroup, ErrorsQuestion, errors
from queries.traces.period import Period
from tests.queries.traces.spans import SECOND, TRACE, exception, request, span, store

PERIOD = Period.last(3_600 * SECOND)
PYTHON = """Traceback (most recent call last):
  File "/app/web.py", line 10, in view
    return buy()
           ^^^^^
  File "/app/shop/cart.py", line {line}, in buy
    raise OutOfStock(sku)
shop.OutOfStock: sku {line}
"""
JAVASCRIPT = """TypeError: Cannot read properties of undefined (reading 'id')
    at charge (/app/pay.js:{line}:31)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
"""
JAVA = """java.lang.IllegalStateException: closed
\tat com.shop.Pool.get(Pool.java:{line})
\tat com.shop.Main.main(Main.java:5)
Caused by: java.io.IOException: gone
\tat com.shop.Net.read(Net.java:1)
"""
DOTNET = "   at Shop.Cart.Buy(String sku) in /src/Cart.cs:line {line}\n   at Shop.Main()"


def groups(client: Client, tenant: str, service: str = "") -> list[ErrorGroup]:
    return errors(client, ErrorsQuestion(PERIOD, tenant, service))


@pytest.mark.parametrize(
    ("written", "frame"),
    [
        (PYTHON, "/app/shop/cart.py in buy"), (JAVASCRIPT, "charge (/app/pay.js)"),
        (JAVA, "com.shop.Pool.get(Pool.java)"),
        (DOTNET, "Shop.Cart.Buy(String sku) in /src/Cart.cs"), ("", ""),
        ("goroutine 1 [running]", ""),
    ],
    ids=["python", "javascript", "java", "dotnet", "none", "unknown"],
)  # fmt: skip
def test_errors_of_one_frame_are_alike_whatever_the_line(
    client: Client, tenant: str, written: str, frame: str
) -> None:
    for number, line in enumerate((7, 1_234)):
        raised = exception("Broken", "it broke", written.format(line=line))
        store(client, request(shop=[span(f"{number + 1}", error="", events=[raised])]), tenant=tenant)
    (group,) = groups(client, tenant)
    assert (group.errors, group.exception_type, group.top_frame) == (2, "Broken", frame)


@pytest.mark.parametrize(
    ("messages", "shape"),
    [
        (["user 12 not found", "user 99999 not found"], "user # not found"),
        (["timeout after 30ms", "timeout after 1.5s"], "timeout after #"),
        (["no 'a b' here", "no 'it' here"], "no ? here"),
        (['no "a" here', 'no "it\'s" here'], "no ? here"),
        (["can't open 'a', won't wait", "can't open 'b', won't wait"], "can't open ?, won't wait"),
        (["id 6f9619ff-8b86-d011-b42d-00c04fc964ff", "id 0af7651916cd43dd8448eb211c80319c"], "id #"),
        (["at 0xdeadbeef", "at 0x1"], "at #"),
        (["10.0.0.1:5432 refused", "10.0.0.2:5432 refused"], "# refused"),
        (["HTTP/2 v2 utf8", "HTTP/3 v2 utf8"], "HTTP/# v2 utf8"),
    ],
)
def test_messages_of_one_shape_are_alike(
    client: Client, tenant: str, messages: list[str], shape: str
) -> None:
    spans = [
        span(f"{number + 1}", error="", events=[exception("E", text)]) for number, text in enumerate(messages)
    ]
    store(client, request(shop=spans), tenant=tenant)
    assert [(group.errors, group.message_shape) for group in groups(client, tenant)] == [(2, shape)]


def test_what_differs_in_type_shape_or_frame_is_not_alike(client: Client, tenant: str) -> None:
    raised = [
        exception("A", "m"), exception("B", "m"), exception("A", "n"),
        exception("A", "m", JAVA.format(line=1)),
    ]  # fmt: skip
    spans = [span(f"{number + 1}", error="", events=[one]) for number, one in enumerate(raised)]
    store(client, request(shop=spans), tenant=tenant)
    assert [group.errors for group in groups(client, tenant)] == [1, 1, 1, 1]


def test_a_span_that_failed_without_an_exception_is_grouped_by_its_status(
    client: Client, tenant: str
) -> None:
    spans = [
        span("1", error="HTTP 503"),
        span("2", error="HTTP 502"),
        span("3"),
        span("4", events=[exception("E", "")]),
    ]
    store(client, request(shop=spans), tenant=tenant)
    (group,) = groups(client, tenant)
    assert (group.errors, group.exception_type, group.message_shape) == (2, "", "HTTP #")


def test_a_group_says_where_when_and_whom_it_touched(client: Client, tenant: str) -> None:
    first, last = f"{tenant}a", f"{tenant}b"
    raised = [exception("Rare" + tenant, "m")]
    one = span("1", error="", at=-60_000, events=raised, attributes={"user.id": "u1"})
    store(client, request(shop=[one], pay=[span("2", error="", events=raised)]), tenant=first)
    store(client, request(pay=[span("3", trace="e" * 32, error="", events=raised)]), tenant=last)
    client.command(
        "INSERT INTO usage_events (received_at, tenant, retention_days, user_id, trace_id)"
        f" VALUES (now64(3), '{first}', 90, 'u2', '{TRACE}'), (now64(3), '{last}', 90, 'u1', '{'e' * 32}')"
    )
    (group,) = [one for one in groups(client, "") if one.exception_type == "Rare" + tenant]
    assert (group.errors, group.traces) == (3, 2)
    assert (group.services, group.tenants) == (("pay", "shop"), (first, last))
    assert group.users == 3
    assert (group.last_at - group.first_at).total_seconds() == pytest.approx(60)
    assert [one.services for one in groups(client, first, "shop")] == [("shop",)]
