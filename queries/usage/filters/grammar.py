"""The language of filters."""

from functools import cache

from lark import Lark

# A keyword is one only where the grammar has a place for it, so that `country = IN` is India; and it ends
# where a word would, so that `order` is no `or`. What a word is, a field or a value, goes by its place too.
_GRAMMAR = r"""
?any: all (_OR all)*
?all: one (_AND one)*
?one: _NOT one                             -> not
    | "(" any ")"
    | _SEGMENT WORD                        -> segment
    | field operator value                 -> comparison
    | field list_operator "(" value ("," value)* ","? ")" -> list
    | field _EXISTS                        -> exists
field: WORD | PROPERTY
value: WORD | QUOTED
!operator: "=" | "!=" | "<" | "<=" | ">" | ">=" | _CONTAINS | _NOT _CONTAINS | _STARTS _WITH
!list_operator: _IN | _NOT _IN

WORD: /[\w.\/:+-]+/
PROPERTY.3: /property\.(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/s
QUOTED: /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/s
"""
_KEYWORDS = ("and", "or", "not", "in", "contains", "starts", "with", "exists", "segment")
_TERMINALS = "\n".join(rf"_{word.upper()}.2: /{word}(?![\w.\/:+-])/i" for word in _KEYWORDS)


@cache
def parser() -> Lark:
    """The parser, made once: LALR takes a text in one pass, whatever stands in it."""
    return Lark(
        f"{_GRAMMAR}\n{_TERMINALS}\n%ignore /\\s+/", parser="lalr", start="any", propagate_positions=True
    )
