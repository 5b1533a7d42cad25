"""Target: compressed bodies."""

import functools
import gzip
import zlib
from collections.abc import Callable

from ingest import bodies
from ingest.refusals import RefuseRequest
from ingest.wire import MAX_BODY_BYTES
from runtime.zstd import zstd
from tests.fuzz.choices import Choices

ENCODINGS = (b"gzip", b"X-Gzip ", b"deflate", b"Deflate", b"zstd", b"identity")


def _bare(plain: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(plain) + packer.flush()


PACKERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"gzip": lambda plain: gzip.compress(plain, 1, mtime=0),
    b"X-Gzip ": lambda plain: gzip.compress(plain, 9, mtime=0),
    b"deflate": zlib.compress,
    b"Deflate": _bare,
    b"zstd": zstd.compress,
    b"identity": bytes,
}
SIZES = (0, 1, MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 3 * MAX_BODY_BYTES)


def fuzz(data: bytes) -> None:
    """Broken or honest: what comes out is what was packed, or a refusal, and never too much."""
    choices = Choices(data)
    make = choices.of((_honest, _large, _damaged, _any))
    packed, encoding, plain = make(choices)
    try:
        found = bodies.unpack(packed, encoding, MAX_BODY_BYTES)
    except RefuseRequest as error:
        assert error.refusal.status in (400, 415)
        assert plain is None, "an honest body is refused"
        return
    if found is None:
        assert plain is None or len(plain) > MAX_BODY_BYTES, "an honest body is too large"
        return
    assert len(found) <= MAX_BODY_BYTES, "a body is larger than it may be"
    assert plain is None or found == plain, "a body is not what was packed"


Made = tuple[bytes, bytes, bytes | None]


def _honest(choices: Choices) -> Made:
    encoding = choices.of(ENCODINGS)
    plain = choices.piece() * choices.of((1, 1, 1_000))
    return PACKERS[encoding](plain), encoding, plain


def _large(choices: Choices) -> Made:
    return _zeros(choices.of(ENCODINGS), choices.of(SIZES))


@functools.cache
def _zeros(encoding: bytes, size: int) -> Made:
    return PACKERS[encoding](bytes(size)), encoding, bytes(size)


def _damaged(choices: Choices) -> Made:
    """Cut short, overwritten somewhere, or with something behind it."""
    packed, encoding, _ = _honest(choices)
    at = choices.number() % (len(packed) + 1)
    behind = choices.of((b"", packed[at:], packed))
    return packed[:at] + choices.piece() + behind, encoding, None


def _any(choices: Choices) -> Made:
    encoding = choices.of((*ENCODINGS, None)) or choices.piece()
    return choices.rest(), encoding, None
