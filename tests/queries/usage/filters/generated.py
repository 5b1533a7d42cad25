"""Filters and events for hypothesis."""

from typing import Any

from hypothesis import strategies as st

from queries.usage.fields import FIELDS, PROPERTY
from queries.usage.filters.operators import LISTS, ORDERS, PARTS
from queries.usage.filters.tree import AllOf, AnyOf, Comparison, Filter, Not

Event = dict[str, Any]
"""Values by the name of the field, those of properties that it has among them."""

HARD_TEXTS = (
    "", "pro", "PRO", "pro\0", "10", "true", "é😀", "e\u0301", "'", '"', "\\", "\\'", "\\n", "\n", "\t", "\r",
    "\b\f", "\x7f\u2028\uffff", "{x:String}", "{f0:String}", "%", "%s %(f0)s", "_", "`", "$$", "\\N", "NULL",
    "--", "/*", ";", "' OR 1 = 1 --", "a.b", "[1]", "\u202e", "\x85",
)  # fmt: skip
ANY_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
TEXTS = (
    st.sampled_from(HARD_TEXTS) | st.lists(st.sampled_from(HARD_TEXTS), max_size=3).map("".join) | ANY_TEXTS
)
NUMBERS = st.sampled_from(
    (0.0, -0.0, 1.0, 10.0, 10.5, 0.1, -3.0, 5e-324, 1e300, 2.0**53, 2.0**53 + 2, 2.0**63, 2.0**64, 1e16)
) | st.floats(allow_nan=False, allow_infinity=False)
PROPERTIES = (st.sampled_from(("plan", "seats", "", "a b", "1", *HARD_TEXTS[-14:])) | ANY_TEXTS).map(
    lambda name: PROPERTY + name
)
TEXT_FIELDS = st.sampled_from([field.name for field in FIELDS.values() if field.type == "text"])

Texts = st.SearchStrategy[str]
Numbers = st.SearchStrategy[float]


def _several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, min_size=1, max_size=4).map(tuple)


def _joined(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(AllOf, several) | st.builds(AnyOf, several) | st.builds(Not, inner)


def filters(fields: Texts, properties: Texts, texts: Texts, numbers: Numbers) -> st.SearchStrategy[Filter]:
    """Any filter of these."""
    ones, lists, parts, orders = (st.sampled_from(of) for of in (("=", "!="), LISTS, PARTS, ORDERS))
    scalars = texts | numbers | st.booleans()
    comparisons: st.SearchStrategy[Filter] = st.one_of(
        st.builds(Comparison, fields, ones | parts, texts),
        st.builds(Comparison, fields, lists, _several(texts)),
        st.builds(Comparison, st.just("bot"), ones, st.booleans()),
        st.builds(Comparison, properties, ones, scalars),
        st.builds(Comparison, properties, parts, texts),
        st.builds(Comparison, properties, orders, numbers),
        st.builds(Comparison, properties, lists, _several(scalars)),
        st.builds(Comparison, properties, st.just("exists")),
    )
    return st.recursive(comparisons, _joined, max_leaves=6)


def events(fields: Texts, properties: Texts, texts: Texts, numbers: Numbers) -> st.SearchStrategy[Event]:
    """Any event that has of these."""
    return st.builds(
        lambda of_fields, bot, of_properties: of_fields | {"bot": bot} | of_properties,
        st.dictionaries(fields, texts),
        st.booleans(),
        st.dictionaries(properties, texts | numbers | st.booleans(), max_size=6),
    )


FILTERS = filters(TEXT_FIELDS, PROPERTIES, TEXTS, NUMBERS)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Event], list[Filter]]:
    """Events and filters that meet: of few fields, properties and values, which resemble each other."""
    drawn = draw(st.lists(TEXTS, min_size=1, max_size=2))
    texts = ["", "pro", "Pro", "ro", *drawn, *(part for text in drawn for part in (text[:1], text[1:]))]
    pool = (
        st.sampled_from(draw(st.lists(TEXT_FIELDS, min_size=2, max_size=2))),
        st.sampled_from(draw(st.lists(PROPERTIES, min_size=2, max_size=2))),
        st.sampled_from(texts),
        st.sampled_from(draw(st.lists(NUMBERS, min_size=2, max_size=3))),
    )
    return (
        draw(st.lists(events(*pool), min_size=10, max_size=20)),
        draw(st.lists(filters(*pool), min_size=10, max_size=15)),
    )
