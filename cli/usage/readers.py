"""Questions whose answer is about single persons: who asks them is known, and it is written down."""

from collections.abc import Sequence

from cli.desk import reading
from cli.usage.options import Asked
from queries.usage.filters.tree import fields_of
from runtime.operators import Right

_OF_PERSONS = frozenset({"user", "session"})


def of_persons(asked: Asked, what: str, *subjects: str) -> None:
    """Let whoever may see what persons did ask this, once it is in the access log; raises OperatorRefused."""
    if not asked.sql:
        whose = asked.tenant or "(all)"
        where = str(asked.where) if asked.where else ""
        reading(asked.environ, Right.USAGE, what, whose, *subjects, where=where, days=asked.days)


def of_persons_if_named(asked: Asked, what: str, fields: Sequence[str] = ()) -> None:
    """The same where the question is by users or sessions, or filters by them; else anybody may ask."""
    named = fields_of(asked.where) if asked.where else frozenset[str]()
    if _OF_PERSONS & {*fields, *named}:
        of_persons(asked, what)
