"""What a request is refused with: ClickHouse's error codes, texts and HTTP statuses."""

import re
from http import HTTPStatus

SYNTAX_ERROR = 62
CANNOT_READ_ALL_DATA = 33
BAD_ARGUMENTS = 36
NOT_IMPLEMENTED = 48
UNKNOWN_COMPRESSION_METHOD = 89
UNKNOWN_SETTING = 115
READONLY = 164
ABORTED = 236
CANNOT_DECOMPRESS = 271
SESSION_NOT_FOUND = 372
SESSION_IS_LOCKED = 373
ACCESS_DENIED = 497
AUTHENTICATION_FAILED = 516
UNKNOWN_EXCEPTION = 1002

_STATUS: dict[HTTPStatus, frozenset[int]] = {
    # The statement or its data is malformed: parse errors, wrong types, unknown functions' arguments.
    HTTPStatus.BAD_REQUEST: frozenset(
        {
            6,
            26,
            27,
            33,
            36,
            38,
            41,
            42,
            43,
            44,
            53,
            62,
            69,
            70,
            72,
            117,
            130,
            131,
            271,
            349,
            377,
            386,
            456,
            457,
        }
    ),
    HTTPStatus.UNAUTHORIZED: frozenset({194, AUTHENTICATION_FAILED}),
    HTTPStatus.FORBIDDEN: frozenset({READONLY, 192, 193, ACCESS_DENIED}),
    # A column, function, table, database, setting or session that does not exist.
    HTTPStatus.NOT_FOUND: frozenset({16, 46, 47, 50, 56, 60, 63, 73, 81, UNKNOWN_SETTING, SESSION_NOT_FOUND}),
    HTTPStatus.REQUEST_TIMEOUT: frozenset({159}),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: frozenset({158, 161, 162, 307}),
    HTTPStatus.NOT_IMPLEMENTED: frozenset({NOT_IMPLEMENTED}),
    HTTPStatus.SERVICE_UNAVAILABLE: frozenset({202, 210, ABORTED, 439}),
}
_STATUS_OF = {code: status for status, codes in _STATUS.items() for code in codes}
_CODE = re.compile(r"Code: (\d+)")


class ClickHouseError(Exception):
    """A refusal as ClickHouse words it: its error code, and a text that begins `Code: N. DB::Exception: `."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text if text.startswith("Code: ") else f"Code: {code}. DB::Exception: {text}"
        super().__init__(self.text)

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status a ClickHouse server answers with; 500 for what is nobody's fault by name."""
        return _STATUS_OF.get(self.code, HTTPStatus.INTERNAL_SERVER_ERROR)


def access_denied(what: str) -> ClickHouseError:
    """Refuse what would leave the data directory; `what` is a full sentence."""
    return ClickHouseError(ACCESS_DENIED, f"Not enough privileges. {what} (ACCESS_DENIED)")


def from_exception(error: Exception) -> ClickHouseError:
    """Read the code out of what the engine raised; an exception of any other origin has code 1002."""
    if isinstance(error, ClickHouseError):
        return error
    text = str(error).removeprefix("Streaming query failed: ").strip()
    if "Python UDF" in text and "ACCESS_DENIED" in text:  # a function that `engine.py` closed
        return access_denied("A function that reads files or calls out is closed here.")
    found = _CODE.search(text)
    return ClickHouseError(int(found[1]) if found else UNKNOWN_EXCEPTION, text or type(error).__name__)
