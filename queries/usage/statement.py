"""One SQL statement with what it asks for, ready to be sent, or printed for a person to run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.usage.closed import ask


@dataclass(frozen=True)
class Statement:
    """The text, which is all ours, and the server-side parameters that it names."""

    sql: str
    parameters: Mapping[str, Any]

    def rows(self, client: Client) -> list[tuple[Any, ...]]:
        """Ask it, with the closed days found out once; raises clickhouse_connect's errors."""
        return [tuple(row) for row in ask(client, self.sql, self.parameters).result_rows]

    @property
    def printed(self) -> str:
        """The same for `clickhouse-client`: its parameters are set in front of it."""
        lines = [f"SET param_{name} = {_literal(value)};" for name, value in self.parameters.items()]
        return "\n".join([*lines, self.sql.strip() + ";"])


def _literal(value: Any) -> str:
    """As `SET` takes it: text in quotes; arrays as the text of one."""
    if isinstance(value, bool):
        return f"'{str(value).lower()}'"
    if isinstance(value, list | tuple):
        return _quoted(
            "[" + ", ".join(_quoted(one) if isinstance(one, str) else str(one) for one in value) + "]"
        )
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
