"""What the parser expected where a text leaves the language, in words for people."""

from collections.abc import Collection

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from queries.usage.filters.errors import MalformedFilter

_EXPECTED = (
    ("_SEGMENT", "a field such as country, or not, segment or an opening parenthesis"),
    ("EQUAL", "an operator: = != < <= > >=, in, not in, contains, not contains, starts with or exists"),
    ("_CONTAINS", "in or contains"),
    ("QUOTED", "a value: a word, or text in quotes"),
    ("_WITH", "with"),
    ("LPAR", "values in parentheses"),
    ("COMMA", "a comma or a closing parenthesis"),
    ("WORD", "the name of a segment"),
    ("RPAR", "and, or, or a closing parenthesis"),
    ("_AND", "and, or, or the end"),
)
"""By a terminal that is allowed in no later line's place."""


def misfit(text: str, error: UnexpectedInput) -> MalformedFilter:
    """The refusal of a text that the parser could not read."""
    terminals: Collection[str] = ()
    ended = False
    if isinstance(error, UnexpectedToken):
        terminals, ended = error.accepts or error.expected, error.token.type == "$END"
    elif isinstance(error, UnexpectedCharacters):
        terminals = error.allowed or ()
    place = len(text) if ended else error.pos_in_stream or 0
    found = "the end" if ended else repr(text[place : place + 12])
    unclosed = " (are its quotes closed?)" if text[place : place + 1] in ("'", '"') else ""
    return MalformedFilter(f"Expected {_expected(terminals)}; found {found}{unclosed}.", text, place)


def _expected(terminals: Collection[str]) -> str:
    """Say what these terminals are to people."""
    return next((said for terminal, said in _EXPECTED if terminal in terminals), "something else")
