"""Sessions are exact for few and estimates for many, and an answer says which."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.compare import CompareQuestion, compare
from queries.usage.top import TopQuestion, top
from queries.usage.volume import UsageQuestion, usage
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.databases import own_database

SESSIONS = {"small": 2_000, "large": 40_000}
_INSERT = """
    INSERT INTO usage_events (received_at, occurred_at, tenant, retention_days, name, session_id, user_id)
    SELECT now64(3), now64(3), {tenant:String}, 90, 'do', toString(number), toString(number)
    FROM numbers({sessions:UInt32})
"""


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        for tenant, sessions in SESSIONS.items():
            client.command(_INSERT, {"tenant": tenant, "sessions": sessions})
        yield client


@pytest.mark.parametrize("tenant", SESSIONS)
def test_few_sessions_are_exact_and_many_within_two_percent_and_the_answer_says_so(
    client: Client, tenant: str
) -> None:
    question = UsageQuestion(tenant, Window.last_days(2))
    (row,) = usage(client, question)
    is_small = tenant == "small"
    assert row.users == row.events == SESSIONS[tenant]
    assert row.sessions == pytest.approx(SESSIONS[tenant], rel=0 if is_small else 0.02)
    assert question.source.counts_exactly(row.sessions) is is_small
    assert top(client, TopQuestion(tenant, question.window, "country", "sessions")).is_exact is is_small
    assert top(client, TopQuestion(tenant, question.window, "country", "users")).is_exact
    assert compare(client, CompareQuestion(tenant, question.window)).is_exact is is_small
