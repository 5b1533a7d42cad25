import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from consumers.errors import Fenced, RefuseBatch, RetryLater, StopConsuming, sort_error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (DatabaseError("Cannot read all data", code=33), RefuseBatch),
        (DatabaseError("Unexpected EOF, got 10 of 20 bytes", code=33), RetryLater),
        (DatabaseError("Cannot parse 'Unexpected EOF, got '", code=6), RefuseBatch),
        (DatabaseError("avro::Exception", code=1001), RefuseBatch),
        (DatabaseError("SEAL: a record of this batch is corrupt", code=395), RefuseBatch),
        (DatabaseError("FENCED: another consumer has claimed", code=395), Fenced),
        (DatabaseError("REPLAYED: the same INSERT is running", code=395), Fenced),
        (DatabaseError("Unknown table", code=60), StopConsuming),
        (DatabaseError("Authentication failed", code=516), StopConsuming),
        (DatabaseError("Memory limit", code=241), RetryLater),
        (DatabaseError("Something new", code=99_999), RetryLater),
        (OperationalError("connection refused"), RetryLater),
        (ConnectionResetError(), RetryLater),
    ],
)
def test_an_error_is_named_for_what_is_done_about_it(error: Exception, meaning: type[Exception]) -> None:
    assert type(sort_error(error)) is meaning


def test_a_mistake_in_our_own_code_stays_what_it_is() -> None:
    error = KeyError("tenant")
    assert sort_error(error) is error
