"""The dashboards of deploy/grafana, and their queries as the data source's plugin sends them.

Macros: https://grafana.com/docs/plugins/grafana-clickhouse-datasource/latest/query-editor/
"""

import json
import re
from typing import Any

from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "grafana"
BOARDS: dict[str, dict[str, Any]] = {
    file.stem: json.loads(file.read_text()) for file in sorted((FOLDER / "dashboards").glob("*.json"))
}
TENANTS = ("acme", "globex")
_FROM, _TO = "toDateTime(toUnixTimestamp(now()) - 86400)", "toDateTime(toUnixTimestamp(now()) + 60)"
_MACROS = {
    r"\$__timeFilter\((\w+)\)": rf"\1 >= {_FROM} AND \1 <= {_TO}",
    r"\$__timeInterval\((\w+)\)": r"toStartOfInterval(toDateTime(\1), INTERVAL 60 second)",
    r"\$\{tenant:sqlstring\}": ", ".join(f"'{tenant}'" for tenant in TENANTS),
}


def targets(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Each query to that data source, with the dashboard and the panel that it is of."""
    return [
        (f"{name}: {panel['title']}", target)
        for name, board in BOARDS.items()
        for panel in board["panels"]
        for target in panel["targets"]
        if target["datasource"]["uid"] == kind
    ]


def expanded(sql: str) -> str:
    """The query of the last day, of two tenants; AssertionError for a macro or variable of another name."""
    for macro, text in _MACROS.items():
        sql = re.sub(macro, text, sql)
    assert "$" not in sql, sql
    return sql
