"""Every event of a delivery is either taken or refused by name, and none hides another."""

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.reading import read_batch
from ingest.refusals import EventRefusal, Refusal, RefuseRequest


def event(**changes: Any) -> dict[str, Any]:
    """A valid event, changed; None removes a field."""
    whole = {
        "id": str(uuid.uuid4()),
        "kind": "action",
        "name": "invoice.sent",
        "at": 1_790_000_000_100,
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def body(*events: Any, **changes: Any) -> bytes:
    batch = {"key": "pk_demo", "batch_id": str(uuid.uuid4()), "sent_at": 1_790_000_000_123, "events": events}
    return json.dumps(batch | changes).encode()


def refusal_of(content: bytes) -> Refusal:
    with pytest.raises(RefuseRequest) as caught:
        read_batch(content)
    return caught.value.refusal


REFUSED = [
    (event(id=None), "id_missing"),
    (event(id="17"), "id_invalid"),
    (event(kind=None), "kind_missing"),
    (event(kind="purchase"), "kind_invalid"),
    (event(name=None), "name_missing"),
    (event(name=""), "name_invalid"),
    (event(name=7), "name_invalid"),
    (event(name="n" * 201), "name_too_long"),
    (event(at=None), "at_missing"),
    (event(at="now"), "at_invalid"),
    (event(at=-1), "at_invalid"),
    (event(at=10**13), "at_invalid"),
    (event(page=["/"]), "page_invalid"),
    (event(page="p" * 2_049), "page_too_long"),
    (event(referrer=1), "referrer_invalid"),
    (event(referrer="r" * 2_049), "referrer_too_long"),
    (event(session=1), "session_invalid"),
    (event(session="s" * 201), "session_too_long"),
    (event(user={}), "user_invalid"),
    (event(user="u" * 201), "user_too_long"),
    (event(trace_id="xyz"), "trace_id_invalid"),
    (event(trace_id="A" * 32), "trace_id_invalid"),
    (event(trace_id="a" * 32 + "\n"), "trace_id_invalid"),
    (event(properties=[]), "properties_invalid"),
    (event(properties={"plan": None}), "properties_invalid"),
    (event(properties={"plan": {"nested": 1}}), "properties_invalid"),
    (event(properties={"plan": "p" * 1_025}), "properties_too_long"),
    (event(properties={"k" * 201: "p"}), "properties_too_long"),
    (event(properties={str(n): n for n in range(51)}), "properties_too_long"),
    ("an event", "event_invalid"),
    (None, "event_invalid"),
    ([], "event_invalid"),
]


@pytest.mark.parametrize(
    ("bad", "reason"), REFUSED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_bad_event_is_refused_by_name_and_its_neighbours_are_taken(bad: Any, reason: str) -> None:
    first, last = event(), event()
    batch, refused = read_batch(body(first, bad, last))
    assert [str(taken.event_id) for taken in batch.events] == [first["id"], last["id"]]
    assert [(one.index, one.reason) for one in refused] == [(1, reason)]


def test_every_reason_is_reached() -> None:
    assert {reason for _, reason in REFUSED} == set(EventRefusal)


def test_a_refused_event_is_named_by_its_id_where_it_has_one() -> None:
    bad = event(name="n" * 201)
    _, refused = read_batch(body(bad, event(id="<script>"), "none"))
    assert [one.id for one in refused] == [bad["id"], "", ""]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", Refusal.NOT_JSON),
        (b"{", Refusal.NOT_JSON),
        (b"\xff\xfe", Refusal.NOT_JSON),
        (b'{"key": "\xff"}', Refusal.NOT_JSON),
        (b'{"events": [NaN]}', Refusal.NOT_JSON),
        (b'{"events": [1e999], "batch_id": NaN}', Refusal.NOT_JSON),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", Refusal.TOO_DEEP),
        (b'{"x": "\\ud800", "y": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", Refusal.TOO_DEEP),
        (b"[]", Refusal.BATCH_INVALID),
        (b"null", Refusal.BATCH_INVALID),
        (body(event(), batch_id="17"), Refusal.BATCH_INVALID),
        (body(event(), sent_at="yesterday"), Refusal.BATCH_INVALID),
        (body(event(), events={}), Refusal.BATCH_INVALID),
        (body(event(), lost={"queue_full": -1}), Refusal.BATCH_INVALID),
        (body(), Refusal.NO_EVENTS),
        (body(*[event()] * 501), Refusal.TOO_MANY_EVENTS),
        (body(*["bad"] * 501), Refusal.TOO_MANY_EVENTS),
        (body(*[0] * 400_000), Refusal.TOO_MANY_EVENTS),
        (body(event()).decode().encode("utf-16-le"), Refusal.NOT_JSON),
        (body(event()).decode().encode("utf-16"), Refusal.NOT_JSON),
        (body(event()).decode().encode("utf-32"), Refusal.NOT_JSON),
        (b"\xef\xbb\xbf" + body(event()), Refusal.NOT_JSON),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_whole(content: bytes, refusal: Refusal) -> None:
    assert refusal_of(content) is refusal


@pytest.mark.parametrize("place", [b"invoice.sent", b"plan", b"gold", b"u-17"])
def test_an_event_that_is_not_utf_8_is_refused_and_its_neighbours_are_taken(place: bytes) -> None:
    first, bad, last = event(), event(user="u-17", properties={"plan": "gold"}), event()
    content = body(first, bad, last)
    at = content.index(place, content.index(bad["id"].encode()))
    batch, refused = read_batch(content[:at] + b"\xff" + content[at + 1 :])
    assert [str(taken.event_id) for taken in batch.events] == [first["id"], last["id"]]
    assert [(one.index, one.reason) for one in refused] == [(1, EventRefusal.EVENT_INVALID)]


def test_a_report_of_losses_needs_no_event() -> None:
    batch, refused = read_batch(body(lost={"queue_full": 3}))
    assert (batch.lost, batch.events, refused) == ({"queue_full": 3}, [], [])


def test_unknown_fields_are_ignored() -> None:
    batch, refused = read_batch(body(event(colour="blue"), weather="fine"))
    assert (len(batch.events), refused) == (1, [])


def test_of_a_key_that_is_given_twice_the_last_counts() -> None:
    content = body(event()).replace(b'"name": "invoice.sent"', b'"name": "first", "name": "last"')
    assert read_batch(content)[0].events[0].name == "last"


def test_properties_keep_their_types() -> None:
    properties = {"plan": "pro", "seats": 12, "ratio": 0.5, "trial": False, "big": 10**30}
    batch, _ = read_batch(body(event(properties=properties)))
    assert batch.events[0].properties == {
        "plan": "pro",
        "seats": 12.0,
        "ratio": 0.5,
        "trial": False,
        "big": 1e30,
    }
    assert [type(value) for value in batch.events[0].properties.values()] == [str, float, float, bool, float]


def test_half_a_surrogate_pair_becomes_the_replacement_character_and_costs_no_neighbour() -> None:
    batch, refused = read_batch(body(event(name="cut \ud83d"), event(name="whole \U0001f6a2")))
    assert [taken.name for taken in batch.events] == ["cut �", "whole \U0001f6a2"]
    assert refused == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
EVENT_LIKE = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("id", "kind", "name", "at", "page", "user", "trace_id", "properties"), JSON),
)


@given(st.lists(JSON | EVENT_LIKE | st.builds(event), max_size=8))
def test_whatever_stands_beside_them_valid_events_are_taken_and_each_other_is_refused(
    events: list[Any],
) -> None:
    mine = event()
    content = body(mine, *events)
    try:
        batch, refused = read_batch(content)
    except RefuseRequest as error:
        assert error.refusal is Refusal.NOT_JSON and (b"NaN" in content or b"Infinity" in content)
        return
    assert str(batch.events[0].event_id) == mine["id"]
    assert len(batch.events) + len(refused) == 1 + len(events)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_other_body_is_refused_and_never_raises_anything_else(content: bytes) -> None:
    assert refusal_of(content).status == 400
