"""Compressed bodies: unpacked up to the size that a body may have, and not a byte further."""

import zlib
from collections.abc import Callable

from ingest.refusals import Refusal, RefuseRequest
from ingest.wire import MAX_BODY_BYTES
from runtime.zstd import zstd

_ZSTD_OPTIONS: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
"""8 MiB, which RFC 8878 asks every decoder to hold; a frame that wants more is refused."""


def unpack(body: bytes, encoding: bytes) -> bytes:
    """The body without its Content-Encoding; raises RefuseRequest."""
    unpacker = _UNPACKERS.get(encoding.strip().lower())
    if unpacker is None:
        raise RefuseRequest(Refusal.UNSUPPORTED_ENCODING)
    try:
        plain, is_whole = unpacker(body)
    except (zlib.error, zstd.ZstdError, EOFError):
        raise RefuseRequest(Refusal.ENCODING_BROKEN) from None
    if len(plain) > MAX_BODY_BYTES:
        raise RefuseRequest(Refusal.BODY_TOO_LARGE)
    if not is_whole:
        raise RefuseRequest(Refusal.ENCODING_BROKEN)
    return plain


def _inflate(body: bytes) -> tuple[bytes, bool]:
    """`deflate` is zlib's format by RFC 9110; some clients send the bare stream."""
    try:
        return _zlib(body, zlib.MAX_WBITS)
    except zlib.error:
        return _zlib(body, -zlib.MAX_WBITS)


def _zlib(body: bytes, window: int) -> tuple[bytes, bool]:
    stream = zlib.decompressobj(window)
    plain = stream.decompress(body, MAX_BODY_BYTES + 1)
    return plain, stream.eof and not stream.unused_data


def _zstd(body: bytes) -> tuple[bytes, bool]:
    stream = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)
    plain = stream.decompress(body, MAX_BODY_BYTES + 1)
    return plain, stream.eof and not stream.unused_data


_UNPACKERS: dict[bytes, Callable[[bytes], tuple[bytes, bool]]] = {
    b"identity": lambda body: (body, True),
    b"gzip": lambda body: _zlib(body, zlib.MAX_WBITS | 16),
    b"x-gzip": lambda body: _zlib(body, zlib.MAX_WBITS | 16),
    b"deflate": _inflate,
    b"zstd": _zstd,
}
