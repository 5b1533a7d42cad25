"""The landing view without some of its conditions: to measure what they cost, and to see a harness fail."""

import re

from sql.runner import read_migrations

EXACTLY_ONCE = re.compile(r"\s*-- exactly once:.*?-- :exactly once", re.S)
"""The fence, and what leaves out a client's retries."""
RETRIES = re.compile(r"\s*-- without retries:.*?-- :exactly once", re.S)
"""What leaves out a client's retries."""
SUPPRESSION = re.compile(r"\s*WHERE\s*-- who was erased:.*?-- :who was erased", re.S)
"""What leaves out who was erased."""
_NO_CONDITION = re.compile(r"\bWHERE(?=\s*\))")
"""What is left where they were all."""


def view_without(conditions: re.Pattern[str], view: str = "usage_unpack") -> str:
    """The newest statement that sets the query of a landing view, without these conditions."""
    statements = [one for migration in read_migrations() for one in migration.statements()]
    newest = [one for one in statements if view in one and conditions.search(one)][-1]
    return _NO_CONDITION.sub("WHERE true", conditions.sub("", newest))
