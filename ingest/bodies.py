"""Compressed bodies: unpacked up to the size that a body may have, and a byte further, which tells."""

import zlib
from collections.abc import Callable

from ingest.refusals import Refusal, RefuseRequest
from runtime.zstd import zstd

_ZSTD_OPTIONS: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
"""8 MiB, which RFC 8878 asks every decoder to hold; a frame that wants more is refused."""


def unpack(body: bytes, encoding: bytes, most_bytes: int) -> bytes | None:
    """The body without its Content-Encoding, None where it is larger than that; raises RefuseRequest."""
    unpacker = _UNPACKERS.get(encoding.strip().lower())
    if unpacker is None:
        raise RefuseRequest(Refusal.UNSUPPORTED_ENCODING)
    try:
        plain, is_whole = unpacker(body, most_bytes + 1)
    except (zlib.error, zstd.ZstdError, EOFError):
        raise RefuseRequest(Refusal.ENCODING_BROKEN) from None
    if len(plain) > most_bytes:
        return None
    if not is_whole:
        raise RefuseRequest(Refusal.ENCODING_BROKEN)
    return plain


def _gunzip(body: bytes, up_to: int) -> tuple[bytes, bool]:
    return _zlib(body, up_to, zlib.MAX_WBITS | 16)


def _inflate(body: bytes, up_to: int) -> tuple[bytes, bool]:
    """`deflate` is zlib's format by RFC 9110; some clients send the bare stream."""
    try:
        return _zlib(body, up_to, zlib.MAX_WBITS)
    except zlib.error:
        return _zlib(body, up_to, -zlib.MAX_WBITS)


def _zlib(body: bytes, up_to: int, window: int) -> tuple[bytes, bool]:
    stream = zlib.decompressobj(window)
    plain = stream.decompress(body, up_to)
    return plain, stream.eof and not stream.unused_data


def _zstd(body: bytes, up_to: int) -> tuple[bytes, bool]:
    stream = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)
    plain = stream.decompress(body, up_to)
    return plain, stream.eof and not stream.unused_data


_UNPACKERS: dict[bytes, Callable[[bytes, int], tuple[bytes, bool]]] = {
    b"identity": lambda body, _up_to: (body, True),
    b"gzip": _gunzip,
    b"x-gzip": _gunzip,
    b"deflate": _inflate,
    b"zstd": _zstd,
}
