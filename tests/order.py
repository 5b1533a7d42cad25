"""Which files two workers begin with, so that neither is left with a long one at the end."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent

# The longest of all, by what they took, each of which would otherwise come late. What measures itself by the
# clock, `faults` and `local/test_up.py`, is apart: the worker with the former comes to the latter after it.
FIRST = (
    "faults/test_faults.py",
    "cli/test_reconcile.py",
    "cli/test_dead.py",
    "local/test_up.py",
    "local/demo/test_up_with_demo.py",
    "local/demo/test_backfill.py",
    "ingest/spooling/test_collector.py",
    "ingest/spooling/test_outlet.py",
    "test_hard_input.py",
    "ingest/exporters/test_exporters.py",
    "local/test_kafka.py",
)


def in_order_of_length(items: list[pytest.Item]) -> list[pytest.Item]:
    """The longest files first; the others, and the tests within each, stay in their order."""
    rank = {TESTS / name: place for place, name in enumerate(FIRST)}
    return sorted(items, key=lambda item: rank.get(item.path, len(rank)))
