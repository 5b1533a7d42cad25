"""The files of INSERT bodies: one at a time has each, and none that may still be read is lent again."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from local.clickhouse.body_files import BodyFiles


@pytest.fixture
def files() -> Iterator[BodyFiles]:
    lent = BodyFiles()
    yield lent
    lent.close()


def inode(path: str) -> int:
    return os.stat(path).st_ino  # noqa: PTH116 - what the name leads to, in this process


def test_a_file_is_lent_again_when_its_insert_has_ended(files: BodyFiles) -> None:
    with files.lend() as (file, path):
        first = inode(path)
        file.write(b"rows")
    with files.lend() as (file, path):
        assert inode(path) == first
        assert file.tell() == 0


def test_a_file_is_lent_again_when_its_insert_was_refused(files: BodyFiles) -> None:
    with pytest.raises(ValueError), files.lend() as (_, path):
        first = inode(path)
        raise ValueError
    with files.lend() as (_, path):
        assert inode(path) == first


def test_two_inserts_at_once_have_two_files(files: BodyFiles) -> None:
    with files.lend() as (_, one), files.lend() as (_, other):
        assert inode(one) != inode(other)


def test_a_file_of_an_insert_that_was_cancelled_is_not_lent_again(files: BodyFiles) -> None:
    """Its statement may still be running on a thread."""
    with pytest.raises(asyncio.CancelledError), files.lend() as (file, _):
        raise asyncio.CancelledError
    assert file.closed


def test_no_more_files_are_kept_than_there_are_consumers(files: BodyFiles) -> None:
    with files.lend() as (one, _), files.lend() as (two, _), files.lend() as (three, _):
        pass
    assert [file.closed for file in (one, two, three)] == [True, False, False]


def test_what_a_large_body_took_is_given_back(files: BodyFiles) -> None:
    with files.lend() as (file, path):
        file.truncate(1 << 30)
    assert os.stat(path).st_size < 128 << 20  # noqa: PTH116
