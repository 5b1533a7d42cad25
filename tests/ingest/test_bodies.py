import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bodies import unpack
from ingest.refusals import Refusal, RefuseRequest
from runtime.zstd import zstd


def bare_deflate(plain: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush()


MOST_BYTES = 1_000_000
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate ": bare_deflate,
    "zstd": zstd.compress,
    "identity": lambda plain: plain,
}


def refusal_of(body: bytes, encoding: bytes) -> Refusal:
    with pytest.raises(RefuseRequest) as caught:
        unpack(body, encoding, MOST_BYTES)
    return caught.value.refusal


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(plain=st.binary(min_size=1, max_size=5_000))
def test_a_body_is_unpacked(encoding: str, plain: bytes) -> None:
    assert unpack(ENCODINGS[encoding](plain), encoding.encode(), MOST_BYTES) == plain


@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if name != "identity"])
def test_a_bomb_is_unpacked_no_further_than_a_body_may_be_large(encoding: str) -> None:
    largest = b"x" * MOST_BYTES
    assert unpack(ENCODINGS[encoding](largest), encoding.encode(), MOST_BYTES) == largest
    for excess in (1, 30 * MOST_BYTES):
        bomb = ENCODINGS[encoding](b"x" * (MOST_BYTES + excess))
        assert unpack(bomb, encoding.encode(), MOST_BYTES) is None


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@given(cut=st.integers(1, 20), junk=st.binary(min_size=1))
def test_a_body_that_is_cut_or_goes_on_or_is_none_is_refused(encoding: str, cut: int, junk: bytes) -> None:
    packed = ENCODINGS[encoding](b"the trail that closes behind the ship")
    for broken in (packed[:-cut], packed + junk, b"", b"{}"):
        assert refusal_of(broken, encoding.encode()) is Refusal.ENCODING_BROKEN


@pytest.mark.parametrize("encoding", [b"br", b"gzip, gzip", b"", b"\xff"])
def test_other_encodings_are_refused_by_name(encoding: bytes) -> None:
    assert refusal_of(b"{}", encoding) is Refusal.UNSUPPORTED_ENCODING
