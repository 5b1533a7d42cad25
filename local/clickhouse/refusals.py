"""What no client may run, although the engine's access rights allow it.

INTO OUTFILE and FROM INFILE, table engines and disks that reach outside the data directory have no access
right in chDB. The engine's own formatter undoes every disguise (comments, escapes, case, quotes), so its text
is what is judged, not the client's. It costs a few milliseconds and runs only where a suspect word, or a
backslash, which could spell one, occurs.
"""

import re

from local.clickhouse.engine import Connection, quote
from local.clickhouse.errors import NOT_IMPLEMENTED, SYNTAX_ERROR, ClickHouseError, access_denied
from local.clickhouse.statements import inserts_from_input

_SUSPECT = re.compile(rb"outfile|infile|attach|engine|disk|executable|\\", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|`(?P<name>\w+)`|`(?:\\.|[^`\\])*`", re.DOTALL)
_INSIDE = r"\w*MergeTree|Null|Memory|Buffer|Merge|Join|Set|Log|TinyLog|StripeLog|GenerateRandom|Alias|Atomic"
_REFUSED = {
    re.compile(r"\bINTO OUTFILE ''"): "INTO OUTFILE is closed here: the answer to the request is the result.",
    re.compile(r"\bFROM INFILE ''"): "FROM INFILE is closed here: send the data in the request.",
    re.compile(r"\bATTACH (?!PART\b|PARTITION\b)[^;]*? FROM ''"): "ATTACH ... FROM a path is closed here.",
    re.compile(r"\b(?:disk|executable)\("): "disk() and executable() are closed here.",
    re.compile(
        rf"\bENGINE = (?!(?:{_INSIDE})\b)"
    ): "Only engines that keep to the data directory are open here.",
}


def check(connection: Connection, text: bytes, body: str | None = None) -> str:
    """Refuse a statement that must not run, or give its class as the engine names it; blocks.

    `body` is the path of the one file that an INSERT may read, which the server wrote. The class is
    `READ_ONLY`, `MUTATING`, `MUTATING_GLOBAL` or `CONTROL`. Raises ClickHouseError for several statements in
    one, a syntax error, and what is not allowed.
    """
    kind = connection.raw.classify_query(text)
    if kind["statement_count"] > 1:
        raise ClickHouseError(SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)")
    expected = 1 if body else 0  # the INFILE that the server put there
    if kind["statement_count"] == 0 or len(_SUSPECT.findall(text)) > expected:
        _refuse(_formatted(connection, text), body)
    if inserts_from_input(text):  # the engine would insert nothing and report success
        raise ClickHouseError(
            NOT_IMPLEMENTED,
            "INSERT ... SELECT ... FROM input() is not supported by the engine. (NOT_IMPLEMENTED)",
        )
    return str(kind["query_class"].name)


def _formatted(connection: Connection, text: bytes) -> str:
    statement = f"SELECT formatQuerySingleLine({quote(text.decode())})"
    return str(connection.raw.query(statement, "TSVRaw").bytes().decode())


def _refuse(formatted: str, body: str | None) -> None:
    own = body and quote(body)

    def plain(quoted: re.Match[str]) -> str:
        return quoted["name"] or (quoted[0] if quoted[0] == own else "''")

    text = _QUOTED.sub(plain, formatted)
    for pattern, reason in _REFUSED.items():
        if pattern.search(text):
            raise access_denied(reason)
