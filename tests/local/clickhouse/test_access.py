"""Who is let in."""

from base64 import b64encode

import pytest

from tests.local.clickhouse.http import Server


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def test_each_way_of_naming_the_user_is_let_in(server: Server) -> None:
    ask = "SELECT currentUser()"
    assert server.ask(ask).text == "default\n"
    assert server.ask(ask, headers=basic("default", server.password)).text == "default\n"
    assert server.ask(ask, headers={}, user="default", password=server.password).text == "default\n"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-ClickHouse-User": "default", "X-ClickHouse-Key": "wrong"},
        {"X-ClickHouse-User": "default"},
        {"X-ClickHouse-User": "nobody", "X-ClickHouse-Key": ""},
        basic("default", "wrong"),
        basic("nobody", ""),
    ],
    ids=str,
)
def test_everybody_else_is_refused(server: Server, headers: dict[str, str]) -> None:
    answer = server.ask("SELECT 1", headers=headers)
    assert (answer.code, answer.status in (401, 403)) == (516, True)
    assert b"Authentication failed" in answer.body
    assert server.password.encode() not in answer.body
