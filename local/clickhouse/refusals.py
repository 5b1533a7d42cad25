"""What no client may run, although the engine's access rights allow it.

INTO OUTFILE and FROM INFILE, table engines and disks that reach outside the data directory have no access
right in chDB. The engine's own formatter undoes every disguise (comments, escapes, case, quotes), so its text
is what is judged, not the client's. It costs a few milliseconds and runs only where a suspect word, or a
backslash, which could spell one, occurs.
"""

import re

from local.clickhouse.engine import Connection
from local.clickhouse.errors import NOT_IMPLEMENTED, SYNTAX_ERROR, ClickHouseError, access_denied
from local.clickhouse.statements import inserts_from_input

_SUSPECT = re.compile(rb"outfile|infile|attach|engine|disk|executable|\\", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`", re.DOTALL)
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


def check(connection: Connection, text: bytes) -> str:
    """Refuse a statement that must not run, or give its class as the engine names it; blocks.

    The class is `READ_ONLY`, `MUTATING`, `MUTATING_GLOBAL` or `CONTROL`. Raises ClickHouseError for several
    statements in one, a syntax error, and what is not allowed.
    """
    kind = connection.raw.classify_query(text)
    if kind["statement_count"] > 1:
        raise ClickHouseError(SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)")
    if kind["statement_count"] == 0 or _SUSPECT.search(text):
        plain = _QUOTED.sub("''", _formatted(connection, text))
        for pattern, reason in _REFUSED.items():
            if pattern.search(plain):
                raise access_denied(reason)
    if inserts_from_input(text):  # the engine would insert nothing and report success
        raise ClickHouseError(
            NOT_IMPLEMENTED,
            "INSERT ... SELECT ... FROM input() is not supported by the engine. (NOT_IMPLEMENTED)",
        )
    return str(kind["query_class"].name)


def _formatted(connection: Connection, text: bytes) -> str:
    parameters = {"statement": text.decode(errors="replace")}
    result = connection.raw.query(
        "SELECT formatQuerySingleLine({statement:String})", "TSVRaw", params=parameters
    )
    return str(result.bytes().decode(errors="replace"))
