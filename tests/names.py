"""Each test goes by a name of its own: two processes run one test a name, and the others not at all."""

from collections import Counter

import pytest


def refuse_equal_names(items: list[pytest.Item]) -> None:
    """Raise pytest.UsageError where several tests are called the same."""
    for name, times in Counter(item.nodeid for item in items).items():
        if times > 1:
            raise pytest.UsageError(f"{times} tests are called {name}: only one of them would be run.")
