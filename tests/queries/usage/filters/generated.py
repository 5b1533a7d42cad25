"""Filters and events for hypothesis, of few names and values, so that they meet."""

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
SCALARS = TEXTS | NUMBERS | st.booleans()
PROPERTIES = (st.sampled_from(("plan", "seats", "", "a b", "1", *HARD_TEXTS[-14:])) | ANY_TEXTS).map(
    lambda name: PROPERTY + name
)
TEXT_FIELDS = st.sampled_from([field.name for field in FIELDS.values() if field.type == "text"])

_ONE = ("=", "!=")


def _lists(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(scalars, min_size=1, max_size=4).map(tuple)


COMPARISONS: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Comparison, TEXT_FIELDS, st.sampled_from((*_ONE, *PARTS)), TEXTS),
    st.builds(Comparison, TEXT_FIELDS, st.sampled_from(LISTS), _lists(TEXTS)),
    st.builds(Comparison, st.just("bot"), st.sampled_from(_ONE), st.booleans()),
    st.builds(Comparison, PROPERTIES, st.sampled_from(_ONE), SCALARS),
    st.builds(Comparison, PROPERTIES, st.sampled_from(PARTS), TEXTS),
    st.builds(Comparison, PROPERTIES, st.sampled_from(ORDERS), NUMBERS),
    st.builds(Comparison, PROPERTIES, st.sampled_from(LISTS), _lists(SCALARS)),
    st.builds(Comparison, PROPERTIES, st.just("exists")),
)


def _joined(filters: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(filters, min_size=2, max_size=3).map(tuple)
    return st.builds(AllOf, several) | st.builds(AnyOf, several) | st.builds(Not, filters)


FILTERS = st.recursive(COMPARISONS, _joined, max_leaves=8)

EVENTS: st.SearchStrategy[Event] = st.builds(
    lambda texts, bot, properties: texts | {"bot": bot} | properties,
    st.dictionaries(TEXT_FIELDS, TEXTS),
    st.booleans(),
    st.dictionaries(PROPERTIES, SCALARS, max_size=6),
)
