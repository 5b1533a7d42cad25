"""`sillage traces` as an SRE runs it, on spans that the consumer's way has stored."""

import csv
import json
from collections.abc import Iterator

import pytest

from tests.cli.terminals import Terminal
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.traces.spans import TRACE, exception, request, span, store

BUY = "POST /buy"


@pytest.fixture(scope="module")
def terminal(stack: Stack) -> Iterator[Terminal]:
    with own_database(stack) as (database, client):
        declined = exception("CardDeclined", "card 4242 declined", "E\n    at charge (/app/pay.js:10:3)")
        root = span("1", name=BUY, ms=100, error="", attributes={"http.response.status_code": 500})
        call = span("2", "1", name="call pay", kind="client", at=10, ms=80)
        query = span(
            "4", "1", name="SELECT \x1b[31mcart", kind="client", ms=5, attributes={"db.system": "mysql"}
        )
        charge = span("3", "2", name="charge", at=-10, ms=60, error="declined", events=[declined])
        odd = [span("5", "1", name="backwards", kind="internal", ms=-1), span("6", "77", name="orphan")]
        store(client, request(shop=[root, call, query, query, *odd], pay=[charge]))
        client.command(
            "INSERT INTO usage_events (received_at, occurred_at, tenant, retention_days, kind, name, page,"
            " session_id, user_id, trace_id)"
            f" VALUES (now64(3), now64(3), 'demo', 90, 'action', 'buy', '/cart', 's1', 'u1', '{TRACE}')"
        )
        yield Terminal(stack, database, client, ("traces",))


def test_a_failing_trace_is_found_by_its_status_and_its_user(terminal: Terminal) -> None:
    asked = ("--tenant", "demo", "--where", "http.response.status_code >= 500", "--min-duration", "100ms")
    (found,) = terminal.told("find", *asked, "--since", "2h", "--service", "shop", "--user", "u1")
    assert (found["trace_id"], found["service"], found["operation"]) == (TRACE, "shop", BUY)
    assert (found["spans"], found["errors"], found["session_id"], found["user_id"]) == (6, 2, "s1", "u1")
    shown = terminal.shown("find", *asked)
    assert TRACE in shown
    assert BUY in shown
    assert "No such traces" in terminal.shown("find", *asked, "--where", "resource.service.name = pay")


def test_a_trace_is_shown_as_a_waterfall_with_all_that_is_odd(terminal: Terminal) -> None:
    shown = terminal.shown("show", TRACE.upper())
    for text in (
        "6 spans, 2 errors, 2 services", f"✗ {BUY}  [500]", "└─ call pay", "   └─ ✗ charge  [clock +30ms]",
        "CardDeclined: card 4242 declined", "SELECT \ufffd[31mcart  [2 copies]", "[ends before it starts]",
        "(missing parent)", "└─ orphan", "What the user did", "buy  /cart s1      u1",
    ):  # fmt: skip
        assert text in shown, shown
    assert "\x1b" not in shown


def test_a_long_trace_is_shown_in_part_with_its_count(terminal: Terminal) -> None:
    shown = terminal.shown("show", TRACE, "--tenant", "demo", "--spans", "1")
    assert "… 1 of 6 spans" in shown
    assert BUY in shown


def test_one_span_is_shown_with_its_attributes(terminal: Terminal) -> None:
    shown = terminal.shown("show", TRACE, "--span", f"{3:016x}")
    assert "exception.message = card 4242 declined" in shown
    assert "service.name = pay" in shown


def test_the_json_of_a_trace_is_an_otlp_request(terminal: Terminal) -> None:
    otlp = json.loads(terminal.shown("show", TRACE, "--json"))
    spans = [s for r in otlp["resourceSpans"] for scoped in r["scopeSpans"] for s in scoped["spans"]]
    assert {one["traceId"] for one in spans} == {TRACE}
    assert len(spans) == 7


def test_operations_are_told_by_rate_errors_and_durations(terminal: Terminal) -> None:
    rows = terminal.told("red", "--tenant", "demo", "--since", "1h", "--failing")
    assert [(row["service"], row["operation"], row["errors"]) for row in rows][:2] == [
        ("pay", "charge", 1), ("shop", BUY, 1),
    ]  # fmt: skip
    assert "charge" in terminal.shown("red", "--tenant", "demo", "--compare", "--slowest")
    (row, _) = terminal.told(
        "red", "--tenant", "demo", "--by", "service", "--interval", "hour", "--apdex", "1ms"
    )
    assert row["apdex"] < 0.1


def test_errors_are_told_in_groups(terminal: Terminal) -> None:
    group = next(one for one in terminal.told("errors") if one["exception_type"])
    assert (group["message_shape"], group["top_frame"]) == ("card # declined", "charge (/app/pay.js)")
    assert (group["users"], group["tenants"], group["sample_trace_id"]) == (1, ["demo"], TRACE)
    assert "CardDeclined: card # declined at charge" in terminal.shown("errors", "--tenant", "demo")


def test_the_map_is_told_edge_by_edge(terminal: Terminal) -> None:
    rows = list(csv.DictReader(terminal.shown("map", "--tenant", "demo", "--format", "csv").splitlines()))
    assert {(row["caller"], row["callee"]) for row in rows} == {("shop", "pay"), ("shop", "mysql")}
    assert "pay" in terminal.shown("map", "--tenant", "demo", "--service", "pay")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("find", "--tenant", "demo", "--where", "a <"), "value is missing"),
        (("find", "--tenant", "demo", "--since", "91d"), "At most 90 days"),
        (("find", "--tenant", "demo", "--since", "9999999999d"), "neither a length of time"),
        (("find", "--tenant", "demo", "--since", "soon"), "neither a length of time"),
        (("find", "--tenant", "demo", "--since", "1h", "--until", "2h"), "ends before it begins"),
        (("find", "--tenant", "demo", "--min-duration", "5"), "no length of time"),
        (("find",), "--tenant"),
        (("show", "xyz"), "32 hexadecimal digits"),
        (("red", "--tenant", "demo", "--compare", "--interval", "hour"), "exclude each other"),
    ],
)
def test_wrong_arguments_end_with_what_is_wrong(terminal: Terminal, arguments: list[str], said: str) -> None:
    done = terminal.run(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_trace_that_is_not_there_or_there_twice_ends_with_a_sentence(terminal: Terminal) -> None:
    done = terminal.run("show", "f" * 32, "--tenant", "demo")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "is stored, or its retention has passed" in done.stderr
    for tenant in ("one", "two"):
        store(terminal.client, request(shop=[span("1", trace="e" * 32)]), tenant=tenant)
    assert "Several tenants" in terminal.run("show", "e" * 32).stderr
    assert "1 spans" in terminal.shown("show", "e" * 32, "--tenant", "two")
