"""What the consumer does about an error, decided in one place."""

from clickhouse_connect.driver.exceptions import ClickHouseError, Error, OperationalError


class RetryLater(Exception):
    """Wait and try the same again: nothing is wrong with the data."""


class Fenced(RetryLater):
    """Another consumer has claimed a partition: nothing was stored; claim it again if it is still ours."""


class RefuseBatch(Exception):
    """ClickHouse cannot store these bytes, now or later: find the record that is to blame."""


class StopConsuming(Exception):
    """Go no further: an operator must act, and nothing is lost meanwhile."""


_THROW_IF = 395  # FUNCTION_THROW_IF_VALUE_IS_NON_ZERO: what a landing view refuses
_CANNOT_READ_ALL_DATA = 33
_ABOUT_THE_DATA = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        25,  # CANNOT_PARSE_ESCAPE_SEQUENCE
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        _CANNOT_READ_ALL_DATA,
        36,  # BAD_ARGUMENTS
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        131,  # TOO_LARGE_STRING_SIZE
        190,  # SIZES_OF_ARRAYS_DONT_MATCH
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        376,  # CANNOT_PARSE_UUID
        _THROW_IF,
        436,  # PROTOBUF_BAD_CAST
        444,  # UNKNOWN_PROTOBUF_FORMAT
        469,  # VIOLATED_CONSTRAINT
        636,  # CANNOT_EXTRACT_TABLE_STRUCTURE
        1001,  # STD_EXCEPTION: what the Avro reader throws
    }
)
_BODY_CUT_SHORT = "Unexpected EOF, got "
"""How CANNOT_READ_ALL_DATA begins that is about HTTP: less came than the body's length."""
_OLDER_TABLES = (
    "The tables are older than this version, or than the one that wrote the records. "
    "Run `sillage migrate` of the newest version."
)
_FOR_AN_OPERATOR = {
    47: _OLDER_TABLES,  # UNKNOWN_IDENTIFIER
    16: _OLDER_TABLES,  # NO_SUCH_COLUMN_IN_TABLE
    44: "The landing table does not take this schema: let the version that wrote the records store them.",
    60: "The tables do not exist. Run `sillage migrate`.",  # UNKNOWN_TABLE
    81: "The database does not exist. Run `sillage migrate`.",  # UNKNOWN_DATABASE
    497: "ClickHouse denies this user the INSERT. Grant it.",  # ACCESS_DENIED
    516: "ClickHouse refuses the user or the password. Correct SILLAGE_CLICKHOUSE_USER and _PASSWORD.",
}


_REFUSED_BY_FENCE = ("FENCED", "REPLAYED")
"""How the landing views' own refusals begin that are not about the data."""


def sort_error(error: Exception) -> Exception:
    """Give the error under the name of what to do next; what is unknown is tried again, loudly."""
    code = error.code if isinstance(error, Error) else None
    if code == _THROW_IF and any(f"{word}: " in str(error) for word in _REFUSED_BY_FENCE):
        return Fenced(_first_line(error))
    if code == _CANNOT_READ_ALL_DATA and _BODY_CUT_SHORT in str(error):
        return RetryLater(_first_line(error))
    if code in _ABOUT_THE_DATA:
        return RefuseBatch(_first_line(error))
    if code in _FOR_AN_OPERATOR:
        return StopConsuming(f"{_FOR_AN_OPERATOR[code]} ClickHouse says: {_first_line(error)}")
    if isinstance(error, OperationalError) and error.__cause__ is not None:
        return RetryLater(f"ClickHouse does not answer: {_first_line(_innermost(error))}")
    if isinstance(error, ClickHouseError | OSError):
        return RetryLater(_first_line(error))
    return error


def _innermost(error: BaseException) -> BaseException:
    """What urllib3 wraps is short and says what happened; its wrappers quote the whole request."""
    while inner := getattr(error, "reason", None) or error.__cause__:
        if not isinstance(inner, BaseException):
            break
        error = inner
    return error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:500]
