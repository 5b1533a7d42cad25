"""A file is not sent again to who has it."""

import gzip

import pytest

from ingest.served_file import ServedFile

FILE = ServedFile.of(b"content", "text/plain")


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', '"other",W/{}', "*"])
def test_who_has_it_is_told_so(known: str) -> None:
    answer = FILE.answer(known.format(FILE.plain.etag).encode())
    assert (answer.status, answer.body) == (304, b"")
    assert FILE.plain.etag.encode() in answer.head


@pytest.mark.parametrize("known", ["", '"other"', "content", "W/", '"*"'])
def test_who_has_another_or_none_gets_it_whole(known: str) -> None:
    answer = FILE.answer(known.encode())
    assert (answer.status, answer.body) == (200, b"content")
    assert b"content-length: 7" in answer.head


def test_other_content_has_another_name() -> None:
    assert ServedFile.of(b"other", "text/plain").plain.etag != FILE.plain.etag


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP ; q=0.5", "deflate,gzip"])
def test_who_accepts_gzip_gets_it_so_under_a_name_of_its_own(accepted: str) -> None:
    answer = FILE.answer(b"", accepted.encode())
    assert gzip.decompress(answer.body) == b"content"
    assert b"content-encoding: gzip" in answer.head
    assert b"vary: accept-encoding" in answer.head
    assert FILE.plain.etag.encode() not in answer.head
    assert FILE.answer(FILE.packed.etag.encode(), accepted.encode()).status == 304


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.000", "xgzip"])
def test_others_get_it_as_it_is(accepted: str) -> None:
    assert FILE.answer(b"", accepted.encode()).body == b"content"


def test_what_was_compressed_before_goes_out_as_it_is() -> None:
    packed = gzip.compress(b"content", 1, mtime=1)
    file = ServedFile.of(b"content", "text/plain", packed=packed)
    assert file.answer(b"", b"gzip").body == packed != FILE.answer(b"", b"gzip").body
    assert file.answer(b"").body == b"content"
