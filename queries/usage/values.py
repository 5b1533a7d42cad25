"""A field's value as text, to group by: of each event, or of each piece of a rollup."""

from collections.abc import Mapping

from queries.usage.fields import FIELDS, PROPERTY, property_named
from queries.usage.filters.matching import VIEW, Compiled

_OF_PROPERTY = """multiIf(
    JSONType{of} = 'String', JSONExtractString{of},
    JSONType{of} IN ('Double', 'Int64', 'UInt64'), toString(JSONExtractFloat{of}),
    JSONType{of} = 'Bool', if(JSONExtractBool{of}, 'true', 'false'),
    '')"""


def text_of(name: str, columns: Mapping[str, str] = VIEW, prefix: str = "by") -> Compiled:
    """The expression of a field's value; raises UnknownField.

    A property's number is written in the shortest way (46, 0.5), a boolean as true or false; what is missing
    is empty, as an empty text is.
    """
    named = property_named(name)
    if named is None:
        column = columns[name]
        return Compiled(
            f"if({column}, 'true', 'false')" if FIELDS[name].type == "boolean" else f"toString({column})", {}
        )
    of = f"({columns[PROPERTY]}, {{{prefix}:String}})"
    return Compiled(_OF_PROPERTY.format(of=of), {prefix: named})
