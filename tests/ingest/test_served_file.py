"""A file is not sent again to who has it."""

import pytest

from ingest.served_file import ServedFile

FILE = ServedFile.of(b"content", "text/plain")


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', '"other",W/{}', "*"])
def test_who_has_it_is_told_so(known: str) -> None:
    answer = FILE.answer(known.format(FILE.etag).encode())
    assert (answer.status, answer.body) == (304, b"")
    assert FILE.etag.encode() in answer.head


@pytest.mark.parametrize("known", ["", '"other"', "content", "W/", '"*"'])
def test_who_has_another_or_none_gets_it_whole(known: str) -> None:
    answer = FILE.answer(known.encode())
    assert (answer.status, answer.body) == (200, b"content")
    assert b"content-length: 7" in answer.head


def test_other_content_has_another_name() -> None:
    assert ServedFile.of(b"other", "text/plain").etag != FILE.etag
