"""Whatever an application gives, the collector's own reader takes the body and refuses no event."""

import datetime
import decimal
import enum
import fractions
import json
import math
import pathlib
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sillage_emitter.batch import Batch as Sent
from sillage_emitter.batch import Captured
from sillage_emitter.complaints import Complaints
from sillage_emitter.event import KINDS, encode_event
from sillage_emitter.identifiers import trace_id, uuid7

from ingest.reading import read_batch
from ingest.wire import Batch

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text(
    st.characters(min_codepoint=0xD7F0, max_codepoint=0xE00F, exclude_categories=())
)
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300, max_value=10**400)
    | st.floats()
    | ANY_TEXT
    | ANY_TEXT.map(lambda text: text * 900)
    | st.binary()
    | st.decimals()
    | st.fractions()
    | st.complex_numbers()
    | st.uuids()
    | st.datetimes()
    | st.timedeltas()
)
ANYTHING = st.recursive(
    SCALAR, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner), max_leaves=8
)
PROPERTIES = st.dictionaries(ANY_TEXT | st.integers() | st.uuids(), ANYTHING, max_size=8)
MANY = st.integers(0, 200).map(lambda count: {f"property {n}": n for n in range(count)})


def read(*events: bytes, context: dict[str, str] | None = None) -> Batch:
    body = Sent(uuid7(0), [Captured(0.0, event) for event in events], {}).body(context or {"sdk": "python/0"})
    body.decode()  # raises on half a surrogate pair
    json.loads(body, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    batch, refused = read_batch(body)
    assert refused == []
    return batch


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=ANY_TEXT.filter(bool),
    properties=PROPERTIES | MANY | ANYTHING,
    kind=st.sampled_from(sorted(KINDS)),
    user=ANYTHING,
    session=ANYTHING,
    trace=ANYTHING,
    page=ANYTHING,
)
def test_the_body_is_accepted(name: str, **given: Any) -> None:
    properties = given.pop("properties")
    batch = read(encode_event(name, properties, Complaints(), **given))
    assert len(batch.events) == 1


class Plan(enum.Enum):
    PRO = "pro"


class Seats(enum.IntEnum):
    TWELVE = 12


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("text", "text"),
        ("n" * 1_025, "n" * 1_024),
        ("\U0001f6a2" * 1_025, "\U0001f6a2" * 1_024),
        ("cut \ud83d", "cut �"),
        ("\ud83d\udea2", "\U0001f6a2"),
        (True, True),
        (12, 12.0),
        (2**60, 2.0**60),
        (0.5, 0.5),
        (decimal.Decimal("9.90"), 9.9),
        (fractions.Fraction(1, 4), 0.25),
        (Plan.PRO, "pro"),
        (Seats.TWELVE, 12.0),
        (datetime.date(2026, 11, 2), "2026-11-02"),
        (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
    ],
)
def test_a_value_is_brought_into_a_form_that_the_wire_has(value: object, kept: object) -> None:
    batch = read(encode_event("n", {"value": value, "beside": 1}, Complaints()))
    assert batch.events[0].properties == {"value": kept, "beside": 1.0}


NO_FORM = [math.nan, math.inf, 10**400, decimal.Decimal("sNaN"), b"bytes", [1], {}, object()]


@pytest.mark.parametrize("value", NO_FORM)
def test_a_value_that_has_no_such_form_is_left_out_and_said(
    value: object, caplog: pytest.LogCaptureFixture
) -> None:
    batch = read(encode_event("n", {"value": value, "beside": 1}, Complaints()))
    assert batch.events[0].properties == {"beside": 1.0}
    assert "A property is left out" in caplog.text


def test_none_is_left_out_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    batch = read(encode_event("n", {"plan": None}, Complaints()))
    assert batch.events[0].properties == {}
    assert not caplog.records


def test_texts_are_cut_at_the_documented_limits() -> None:
    long = "x" * 3_000
    (event,) = read(encode_event(long, {long: 1}, Complaints(), user=long, session=long, page=long)).events
    texts = (event.name, event.user_id, event.session_id, *event.properties, event.page)
    assert [len(text) for text in texts] == [200, 200, 200, 200, 2_048]


def test_the_first_fifty_properties_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    batch = read(encode_event("n", {str(n): n for n in range(51)}, Complaints()))
    assert list(batch.events[0].properties) == [str(n) for n in range(50)]
    assert "after the first 50" in caplog.text


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (1, "0" * 31 + "1"),
        ("4BF92F3577B34DA6A3CE929D0E0E4736", "4bf92f3577b34da6a3ce929d0e0e4736"),
        (0, ""),
        ("0" * 32, ""),
        (-1, ""),
        (2**128, ""),
        ("4bf92f35", ""),
        ("4bf92f3577b34da6a3ce929d0e0e4736\n", ""),
        (True, ""),
        (None, ""),
    ],
)
def test_a_trace_id_has_32_hex_digits_that_are_not_all_zero(given: object, written: str) -> None:
    assert trace_id(given) == written


def test_ids_made_later_sort_later_and_none_comes_twice() -> None:
    now = 1_790_000_000_000
    ids = [uuid7(now + n // 100) for n in range(1_000)]
    assert len(set(ids)) == len(ids)
    assert [one[:13] for one in ids] == sorted(one[:13] for one in ids)
    assert {uuid.UUID(one).version for one in ids} == {7}
