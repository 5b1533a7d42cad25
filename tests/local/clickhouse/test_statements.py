"""Where an INSERT's data begins, and bodies in pieces: the parsers, without a server."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import lz4.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.clickhouse.bodies import compressor, decompressed
from local.clickhouse.errors import ClickHouseError
from local.clickhouse.statements import inserts_from_input, named_format, split_insert
from runtime.zstd import zstd

COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
    "lz4": lz4.frame.compress,
    "identity": bytes,
}


@given(
    data=st.binary(max_size=200),
    spelled=st.sampled_from([b"FORMAT CSV\n", b"format CSV \r\n", b"Format  CSV\n"]),
)
def test_data_after_the_format_is_kept_to_the_byte(data: bytes, spelled: bytes) -> None:
    insert = split_insert(b"INSERT INTO t (a, `b c`) " + spelled + data)
    assert insert
    assert (insert.format, insert.data) == (b"CSV", data)


@pytest.mark.parametrize(
    "text",
    [
        b"SELECT 1 FORMAT CSV",
        b"INSERT INTO t SELECT 1 FORMAT CSV",
        b"INSERT INTO t WITH 1 AS x SELECT x FORMAT CSV",
        b"INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        b"INSERT INTO t (FORMAT)",
        b"INSERT INTO t",
        b"-- INSERT INTO t FORMAT CSV\nSELECT 1",
        b"INSERTS INTO t FORMAT CSV\n1",
        b"",
    ],
)
def test_no_data_is_seen_where_there_is_none(text: bytes) -> None:
    assert split_insert(text) is None


def test_quotes_comments_and_brackets_hide_keywords() -> None:
    insert = split_insert(b'/* SELECT */ INSERT INTO `FORMAT x` (format, "SELECT") -- VALUES\n FORMAT TSV\n1')
    assert insert
    assert (insert.format, insert.data) == (b"TSV", b"1")


def test_settings_go_behind_the_file() -> None:
    insert = split_insert(b"INSERT INTO t SETTINGS max_threads = 1 FORMAT CSV\n1")
    assert insert
    words = b" ".join(insert.reading("/f").split())
    assert words == b"INSERT INTO t FROM INFILE '/f' SETTINGS max_threads = 1 FORMAT CSV"


@given(st.binary(max_size=300))
def test_any_bytes_are_split_or_not_but_never_crash(text: bytes) -> None:
    split_insert(text)
    split_insert(b"INSERT INTO " + text)
    named_format(text)
    inserts_from_input(text)


def test_the_last_format_of_a_query_is_found() -> None:
    assert named_format(b"SELECT 1 FORMAT JSON") == "JSON"
    assert named_format(b"SELECT 1 format CSV SETTINGS max_threads = 1;\n") == "CSV"
    assert named_format(b"SELECT 'FORMAT CSV'") is None
    assert named_format(b"SELECT 1") is None


async def inflate(body: bytes, size: int, encoding: str) -> bytes:
    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(body), size):
            yield body[at : at + size]

    return b"".join([chunk async for chunk in decompressed(chunks(), encoding)])


@given(
    parts=st.lists(st.binary(max_size=300), min_size=1, max_size=3),
    size=st.integers(1, 400),
    encoding=st.sampled_from(sorted(COMPRESS)),
)
def test_a_body_is_the_same_in_any_pieces_and_frames(parts: list[bytes], size: int, encoding: str) -> None:
    body = b"".join(COMPRESS[encoding](part) for part in parts)
    assert asyncio.run(inflate(body, size, encoding)) == b"".join(parts)


@given(data=st.binary(min_size=1, max_size=300), encoding=st.sampled_from(["gzip", "deflate", "zstd", "lz4"]))
def test_no_body_cut_short_passes(data: bytes, encoding: str) -> None:
    body = COMPRESS[encoding](data)
    for end in range(1, len(body)):
        with pytest.raises(ClickHouseError):
            asyncio.run(inflate(body[:end], 100, encoding))


@given(
    parts=st.lists(st.binary(max_size=300), max_size=3),
    encoding=st.sampled_from(["gzip", "deflate", "zstd", "lz4"]),
)
def test_what_the_compressors_write_the_decompressors_read(parts: list[bytes], encoding: str) -> None:
    name, stream = compressor(f"br;q=1.0, {encoding};q=0.5")
    assert name == encoding
    body = b"".join(stream.compress(part) for part in parts) + stream.flush()
    assert asyncio.run(inflate(body, 100, encoding)) == b"".join(parts)
