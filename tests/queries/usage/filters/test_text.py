"""The text of filters, read and written."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.usage.fields import UnknownField
from queries.usage.filters.errors import MalformedFilter, UnknownSegment
from queries.usage.filters.operators import Operator, UnfitValue, Value
from queries.usage.filters.reading import MAX_COMPARISONS, MAX_DEPTH, MAX_LENGTH, parse_filter
from queries.usage.filters.tree import AllOf, AnyOf, Comparison, Filter, Not, asks_properties, fields_of
from queries.usage.filters.writing import write_filter
from tests.queries.usage.filters.generated import FILTERS

_PIECES = st.sampled_from(
    ["and", "OR", "not", "in", "contains", "starts", "with", "exists", "segment", "country", "bot", "x",
     "true", "property.a", 'property."b"', "1", "-1e9", '"', "'", '"a"', "\\", "(", ")", ",", "=", "!=", "<=",
     " ", "\n", "é", "\udcff"]
)  # fmt: skip


@given(FILTERS)
def test_what_is_written_is_read_again(filter_: Filter) -> None:
    assert repr(parse_filter(write_filter(filter_))) == repr(filter_)


@given(
    st.text(st.characters()) | st.lists(_PIECES, max_size=14).map(" ".join) | st.lists(_PIECES).map("".join)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(MalformedFilter, UnknownField):
        filter_ = parse_filter(text)
        assert parse_filter(write_filter(filter_)) == filter_


FR = Comparison("country", "=", "FR")
BOT = Comparison("bot", "=", True)
A = Comparison("action", "=", "a")


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        ("country = FR", FR),
        ("country=FR", FR),
        (' country\n=\t"FR" ', FR),
        ("country = 'FR'", FR),
        ("((country = FR))", FR),
        ("country = IN", Comparison("country", "=", "IN")),
        ("language in (in, or, AND)", Comparison("language", "in", ("in", "or", "AND"))),
        ("country NOT IN (FR,)", Comparison("country", "not in", ("FR",))),
        ("browser_version = 120", Comparison("browser_version", "=", "120")),
        ("release = true", Comparison("release", "=", "true")),
        ("bot = TRUE", BOT),
        ("page Not Contains /a", Comparison("page", "not contains", "/a")),
        ("page starts with https://a.example/b", Comparison("page", "starts with", "https://a.example/b")),
        ("property.seats >= 10", Comparison("property.seats", ">=", 10)),
        ("property.seats = -1.5e+3", Comparison("property.seats", "=", -1500)),
        ("property.seats = .5", Comparison("property.seats", "=", 0.5)),
        ("property.seats = '10'", Comparison("property.seats", "=", "10")),
        ("property.seats = 10a", Comparison("property.seats", "=", "10a")),
        ("property.on in (true, 1, 'true', yes)", Comparison("property.on", "in", (True, 1, "true", "yes"))),
        ("property.x exists", Comparison("property.x", "exists")),
        ("property.exists exists", Comparison("property.exists", "exists")),
        ("property.a-b.c:d = é", Comparison("property.a-b.c:d", "=", "é")),
        ("property.\"it's\" exists", Comparison("property.it's", "exists")),
        ("property.'\"' exists", Comparison('property."', "exists")),
        ('property."" exists', Comparison("property.", "exists")),
        (r'city = "say \"hi\" \\ \n \u00e9 \ud83d\ude00"', Comparison("city", "=", 'say "hi" \\ \n é 😀')),
        (r"""action = 'it\'s "so"'""", Comparison("action", "=", 'it\'s "so"')),
        ('action = "a\nb"', Comparison("action", "=", "a\nb")),
        ("bot = true and not action = a or country = FR", AnyOf((AllOf((BOT, Not(A))), FR))),
        ("bot = true and (action = a or country = FR)", AllOf((BOT, AnyOf((A, FR))))),
        ("not(bot = true and action = a)and country = FR", AllOf((Not(AllOf((BOT, A))), FR))),
        ("bot = true or action = a or country = FR", AnyOf((BOT, A, FR))),
        ("bot = true or (action = a or country = FR)", AnyOf((BOT, AnyOf((A, FR))))),
        ("not not bot = true", Not(Not(BOT))),
    ],
)  # fmt: skip
def test_a_filter_is_read(text: str, filter_: Filter) -> None:
    assert repr(parse_filter(text)) == repr(filter_)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "At column 1: Expected a field such as country, or not, segment or an opening parenthesis"),
        ("country", "At column 8: Expected an operator"),
        ("country FR", "At column 9: Expected an operator"),
        ("country =", "At column 10: Expected a value"),
        ("country == FR", "At column 10: Expected a value: a word, or text in quotes; found '= FR'"),
        ('country = "FR', "are its quotes closed?"),
        ("country not FR", "At column 13: Expected in or contains"),
        ("country in FR", "At column 12: Expected values in parentheses"),
        ("country in ()", "At column 13: Expected a value"),
        ("country in (FR", "Expected a comma or a closing parenthesis; found the end"),
        ("page starts /a", "Expected with"),
        ("bot = true orbot = true", "At column 12: Expected and, or, or the end"),
        ("(bot = true", "Expected and, or, or a closing parenthesis; found the end"),
        ("bot =\ntrue\n x", "At line 3, column 2: Expected and, or, or the end; found 'x'"),
        ("segment", "Expected the name of a segment"),
        ("country = FR; x", "At column 13"),
        ("bot = true and page < 3", "At column 16: < compares numbers, which only properties are"),
        ("page exists", 'every event has page: compare it with ""'),
        ("bot = 'true'", "bot is compared by = or != with true or false, without quotes"),
        ("bot = yes", "bot is compared by"), ("bot in (true)", "bot is compared by"),
        ("property.a < b", "< takes a number"), ("property.a > true", "> takes a number"),
        ("property.a contains 3", "contains takes text: put the value in quotes"),
        (r'page = "\q"', "an escape that JSON does not know"), (r'page = "\ud800"', "not UTF-8"),
        ("page = '\udcff'", "not UTF-8"),
        ("property.a = 1e999", "fits a double"),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_the_place_and_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(MalformedFilter, match=re.escape(said)) as caught:
        parse_filter(text)
    assert "is written like this" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contry = FR", "'contry' is none of: action, kind, page"), ("contry = FR", "Did you mean country?"),
        ("Country = FR", "Did you mean country?"), ("property = 1", "Did you mean property.NAME?"),
        ("qqqq = 1", "property.NAME."),
    ],
)  # fmt: skip
def test_a_field_that_is_unknown_is_refused_with_those_that_are(text: str, said: str) -> None:
    with pytest.raises(UnknownField, match=re.escape(said)):
        parse_filter(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bot = true or " * 800 + "bot = true", f"the most is {MAX_LENGTH:,}"),
        ("bot=true or " * MAX_COMPARISONS + "bot=true", f"the most is {MAX_COMPARISONS}"),
        ("not " * (MAX_DEPTH + 1) + "bot = true", f"more than {MAX_DEPTH} deep"),
        ("not " * 2_400 + "bot = true", f"more than {MAX_DEPTH} deep"),
        ("(bot = true and not " * 400 + "bot = true" + ")" * 400, f"more than {MAX_DEPTH} deep"),
    ],
)
def test_what_is_too_long_or_too_deep_is_refused(text: str, said: str) -> None:
    with pytest.raises(MalformedFilter, match=said):
        parse_filter(text)


def test_parentheses_alone_are_no_depth() -> None:
    assert parse_filter("(" * 4_000 + "country = FR" + ")" * 4_000) == FR
    assert parse_filter("not " * MAX_DEPTH + "bot = true")


def test_a_segment_stands_for_its_filter() -> None:
    segments = {"french": FR, "robots-2": BOT}
    assert parse_filter("segment french and not Segment robots-2", segments) == AllOf((FR, Not(BOT)))


def test_a_segment_that_is_unknown_is_refused_with_those_that_are() -> None:
    with pytest.raises(
        UnknownSegment, match=r"'frenc' is none of the segments: all, french\. Did you mean french"
    ):
        parse_filter("segment frenc", {"french": FR, "all": BOT})
    with pytest.raises(UnknownSegment, match="There are no segments"):
        parse_filter("segment french")


def test_segments_cannot_make_a_filter_too_deep_or_too_large() -> None:
    deep = parse_filter("not " * 15 + "bot = true")
    with pytest.raises(MalformedFilter, match="deep"):
        parse_filter("not " * 6 + "segment deep", {"deep": deep})
    large = parse_filter("bot = true or " * 150 + "bot = true")
    with pytest.raises(MalformedFilter, match="has 302 comparisons"):
        parse_filter("segment large or segment large", {"large": large})


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("country", "=", 1), ("country", "=", None), ("country", "=", ("FR",)), ("country", "in", "FR"),
        ("country", "in", ()), ("country", "like", "FR"), ("property.a", "exists", 1),
        ("property.a", "=", float("nan")), ("property.a", "=", 10**400), ("property.a", "=", b"x"),
        ("bot", "=", 1),
    ],
)  # fmt: skip
def test_a_comparison_that_no_text_has_cannot_be_made(field: str, operator: Operator, value: Value) -> None:
    with pytest.raises(UnfitValue):
        Comparison(field, operator, value)


def test_numbers_are_doubles_whatever_they_were_given_as() -> None:
    assert (
        repr(Comparison("property.a", "in", (1, 2**53 + 1, True)).value) == "(1.0, 9007199254740992.0, True)"
    )


def test_two_filters_at_least_are_joined() -> None:
    for join in (AllOf, AnyOf):
        with pytest.raises(ValueError, match="it takes two"):
            join((BOT,))


def test_a_filter_tells_the_fields_that_it_asks_for() -> None:
    filter_ = parse_filter('country = FR and (not property."a b" exists or bot = true and country = DE)')
    assert fields_of(filter_) == {"country", "bot", "property.a b"}
    assert asks_properties(filter_) and not asks_properties(FR)
