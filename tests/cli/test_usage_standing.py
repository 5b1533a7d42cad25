"""`sillage usage` on how tenants stand and what they use, on events of a database of its own."""

import re
from collections.abc import Iterator

import pytest

from tests.cli.terminals import Terminal
from tests.cli.test_usage import ROWS, figures, store
from tests.conftest import Stack
from tests.queries.databases import own_database


@pytest.fixture(scope="module")
def terminal(stack: Stack) -> Iterator[Terminal]:
    with own_database(stack) as (database, client):
        store(client, "demo")
        store(client, "quiet", [(10, *ROWS[0][1:])])
        yield Terminal(stack, database, client, ("usage",))


def test_adoption_is_a_share_of_the_active_users(terminal: Terminal) -> None:
    rows = terminal.told("adoption", "--tenant", "demo")
    assert figures(rows, "action", "events", "users", "active", "share") == [
        ("invoice.sent", 3, 1, 2, 0.5), ("invoice.paid", 1, 1, 2, 0.5),
    ]  # fmt: skip
    of_all = terminal.told("adoption", "--all-tenants", "--action", "invoice.sent")
    assert figures(of_all, "tenant", "share") == [("demo", 0.5), ("quiet", 1.0)]
    shown = terminal.shown("adoption", "--tenant", "demo")
    assert re.search(r"invoice\.sent +│ action │ +3 │ +1 │ +50\.0 % │", shown)
