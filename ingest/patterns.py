"""Lists of names in settings, in which `*` stands for any text."""

import re
from collections.abc import Iterable


def compile_names(patterns: Iterable[str], flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """Make one expression of them; a name that `fullmatch` finds is on the list, whatever its case."""
    parts = (".*".join(map(re.escape, pattern.split("*"))) for pattern in patterns)
    return re.compile("|".join(parts) or "(?!)", flags | re.DOTALL)
