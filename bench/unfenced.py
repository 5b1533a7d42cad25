"""The landing view without what makes it exactly once: to measure it, and to see a harness fail."""

import re

from sql.runner import read_migrations

_CONDITIONS = re.compile(r"\s*-- exactly once:.*?-- :exactly once", re.S)


def unfenced_view() -> str:
    """The newest statement that sets the query of `usage_unpack`, without what is between its marks."""
    statements = [one for migration in read_migrations() for one in migration.statements()]
    newest = [one for one in statements if "usage_unpack" in one and _CONDITIONS.search(one)][-1]
    return _CONDITIONS.sub("", newest)
