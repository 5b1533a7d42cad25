"""Conditions of `--where`, read and written."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.traces.conditions import Condition, MalformedCondition, parse_condition, write_condition

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES = (
    _TEXTS
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
_CONDITIONS = st.one_of(
    st.builds(Condition, _TEXTS.filter(bool), st.sampled_from(["=", "!="]), _VALUES),
    st.builds(
        Condition,
        _TEXTS.filter(bool),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        _VALUES.filter(lambda value: not isinstance(value, bool)),
    ),
    st.builds(Condition, _TEXTS.filter(bool), st.just("~"), _TEXTS),
    st.builds(Condition, _TEXTS.filter(bool), st.just("exists")),
)


@given(_CONDITIONS)
def test_what_is_written_is_read_again(condition: Condition) -> None:
    assert repr(parse_condition(write_condition(condition))) == repr(condition)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(MalformedCondition):
        assert parse_condition(text).key


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("http.response.status_code >= 500", Condition("http.response.status_code", ">=", 500)),
        ("a=1", Condition("a", "=", 1)),
        ("a = 1.0", Condition("a", "=", 1.0)),
        ("a=-1e3", Condition("a", "=", -1000.0)),
        ("a = 99999999999999999999", Condition("a", "=", 1e20)),
        ('a = "1"', Condition("a", "=", "1")),
        ("a = '1'", Condition("a", "=", "1")),
        ("a = two words ", Condition("a", "=", "two words")),
        ("a=b=c", Condition("a", "=", "b=c")),
        ("a != true", Condition("a", "!=", True)),
        ("a ~ 404", Condition("a", "~", "404")),
        ("a exists", Condition("a", "exists")),
        ("exists exists", Condition("exists", "exists")),
        ("a = exists", Condition("a", "=", "exists")),
        ("resource.k8s.pod.name=p", Condition("k8s.pod.name", "=", "p", of_resource=True)),
        ("resource.a exists", Condition("a", "exists", of_resource=True)),
        ('"resource.a" = 1', Condition("resource.a", "=", 1)),
        ('"a = b" = 1', Condition("a = b", "=", 1)),
        (r'a = "say \"hi\" \\ "', Condition("a", "=", 'say "hi" \\ ')),
        ('a = ""', Condition("a", "=", "")),
        ("ünïcode = 'ß'", Condition("ünïcode", "=", "ß")),
    ],
)
def test_a_condition_is_read(text: str, condition: Condition) -> None:
    assert repr(parse_condition(text)) == repr(condition)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no condition"), ("a", "is no condition"), ("a 1", "no condition"), ("= 1", "no condition"),
        ("a =", "value is missing"), ('a = "x', "not closed"), ('a = "x" y', "not closed"),
        ("a < true", "know = and != only"), ("resource. = 1", "no attribute"), ('"" = 1', "no attribute"),
        ("a = \udcff", "not UTF-8"), ("a existsx", "is no condition"), ("aexists", "is no condition"),
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(MalformedCondition, match=said):
        parse_condition(text)
