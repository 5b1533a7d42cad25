"""Events on their way from ClickHouse into a file, piece by piece."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Protocol, cast

import click
from clickhouse_connect.driver.client import Client
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from queries.usage.statement import Statement

_PIECE = 1 << 18
_LONGEST_ERROR = 1 << 14
_ISO = {"date_time_output_format": "iso"}


class Sink(Protocol):
    """Takes what comes in one of ClickHouse's formats."""

    format: str

    def take(self, response: HTTPResponse) -> Iterator[int]:
        """Write it, and give the rows of each piece; raises StreamBroken."""


class StreamBroken(click.ClickException):
    """The events did not come to their end."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The events broke off, and no file was made: {why}")


def events(client: Client, statement: Statement, sink: Sink) -> Iterator[int]:
    """Ask, and let the sink take the answer; raises StreamBroken, and clickhouse_connect's errors."""
    response = client.raw_stream(statement.sql, dict(statement.parameters), settings=_ISO, fmt=sink.format)
    with contextlib.closing(cast(HTTPResponse, response)) as body:
        yield from sink.take(body)


class _Lines:
    """Texts of rows that are the file's too."""

    def __init__(self, file: BinaryIO, format_: str) -> None:
        self.format = format_
        self._file = file
        self._is_quoted = False

    def take(self, response: HTTPResponse) -> Iterator[int]:
        for piece in _pieces(response):
            self._file.write(piece)
            yield self._ends(piece)

    def _ends(self, piece: bytes) -> int:
        """How many rows end in it: a line's end within quotes is a value's. JSON has none."""
        if self.format != "CSV":
            return piece.count(b"\n")
        ends = 0
        for number, part in enumerate(piece.split(b'"')):
            self._is_quoted ^= number > 0
            ends += 0 if self._is_quoted else part.count(b"\n")
        return ends


class _Parquet:
    """Arrow's record batches, which become one Parquet file whatever the number of answers."""

    format = "ArrowStream"

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._writer: Any = None

    def take(self, response: HTTPResponse) -> Iterator[int]:
        import pyarrow.parquet

        for schema, batch in _batches(response):
            self._writer = self._writer or pyarrow.parquet.ParquetWriter(self._file, schema)
            if batch is not None:
                self._writer.write_batch(batch)
                yield batch.num_rows

    def close(self) -> None:
        """Write the end, by which the file is one."""
        if self._writer:
            self._writer.close()


@contextlib.contextmanager
def _csv(file: BinaryIO, heads: Sequence[str]) -> Iterator[Sink]:
    file.write(",".join(heads).encode() + b"\n")
    yield _Lines(file, "CSV")


@contextlib.contextmanager
def _jsonl(file: BinaryIO, _heads: Sequence[str]) -> Iterator[Sink]:
    yield _Lines(file, "JSONEachRow")


@contextlib.contextmanager
def _parquet(file: BinaryIO, _heads: Sequence[str]) -> Iterator[Sink]:
    with contextlib.closing(_Parquet(file)) as sink:
        yield sink


SINKS: Mapping[str, Callable[[BinaryIO, Sequence[str]], contextlib.AbstractContextManager[Sink]]] = {
    "csv": _csv, "jsonl": _jsonl, "parquet": _parquet,
}  # fmt: skip


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    """The body; raises StreamBroken where the connection ends before it, or the server fails within it."""
    opening = b"__exception__\r\n" + response.headers.get("X-ClickHouse-Exception-Tag", "").encode()
    tail = b""
    try:
        while piece := response.read(_PIECE):
            tail = (tail + piece)[-_LONGEST_ERROR:]
            yield piece
    except HTTPError as error:
        raise StreamBroken(str(error)) from error
    if opening != b"__exception__\r\n" and opening in tail:
        raise StreamBroken(tail.partition(opening)[2].decode(errors="replace").strip())


def _batches(response: HTTPResponse) -> Iterator[tuple[Any, Any]]:
    """The schema and each record batch, the first time none; raises StreamBroken."""
    import pyarrow.ipc

    try:
        with pyarrow.ipc.open_stream(response) as reader:
            yield reader.schema, None
            for batch in reader:
                yield reader.schema, batch
        if rest := response.read(_LONGEST_ERROR):
            raise StreamBroken(rest.decode(errors="replace").strip())
    except (HTTPError, pyarrow.ArrowException, OSError) as error:
        raise StreamBroken(str(error)) from error
