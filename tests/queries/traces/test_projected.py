"""Whom a projection is asked of, and when the table instead."""

from types import SimpleNamespace
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from queries.traces import projected

ACCESS_DENIED, UNKNOWN_FUNCTION, MEMORY_LIMIT = 497, 46, 241


class Server:
    """A client of a server that answers the table's statement, the projection's by an error."""

    def __init__(self, code: int | None, of_table: int | None = None) -> None:
        self.codes = {"projection": code, "table": of_table}
        self.asked: list[str] = []

    def query(self, sql: str, _parameters: dict[str, Any], **_settings: Any) -> Any:
        self.asked.append(sql)
        if code := self.codes[sql]:
            raise DatabaseError(sql, code=code)
        return SimpleNamespace(result_rows=[(sql,)])

    def rows(self) -> Any:
        return projected.ask(self, statement, {})  # type: ignore[arg-type]


def statement(*, of_table: bool) -> tuple[str, dict[str, Any]]:
    return "table" if of_table else "projection", {}


def test_the_projection_is_asked_where_it_answers() -> None:
    server = Server(None)
    assert [server.rows(), server.rows()] == [[("projection",)]] * 2


@pytest.mark.parametrize("code", [ACCESS_DENIED, UNKNOWN_FUNCTION])
def test_a_refusal_is_remembered(code: int) -> None:
    server = Server(code)
    assert [server.rows(), server.rows()] == [[("table",)]] * 2
    assert server.asked == ["projection", "table", "table"]


def test_who_may_not_read_the_table_either_is_told_so_and_is_not_remembered() -> None:
    server = Server(ACCESS_DENIED, of_table=ACCESS_DENIED)
    for _ in range(2):
        with pytest.raises(DatabaseError, match="table"):
            server.rows()
    assert server.asked == ["projection", "table"] * 2


def test_any_other_error_is_no_refusal() -> None:
    server = Server(MEMORY_LIMIT)
    with pytest.raises(DatabaseError, match="projection"):
        server.rows()
    assert server.asked == ["projection"]
