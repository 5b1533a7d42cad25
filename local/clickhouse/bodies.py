"""Compression of what comes in and what goes out, by `Content-Encoding` and `Accept-Encoding`."""

import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import lz4.frame

from local.clickhouse.errors import (
    CANNOT_DECOMPRESS,
    CANNOT_READ_ALL_DATA,
    UNKNOWN_COMPRESSION_METHOD,
    ClickHouseError,
)
from runtime.zstd import zstd

_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "deflate": lambda: zlib.decompressobj(zlib.MAX_WBITS),
    "zstd": zstd.ZstdDecompressor,
    "lz4": lz4.frame.LZ4FrameDecompressor,
}


async def decompressed(chunks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """Undo a body's compression, of one frame or several.

    Raises ClickHouseError for an unknown encoding, damaged data, and a body that ends before its last frame
    does, which the decompressors themselves let pass.
    """
    if encoding in ("", "identity"):
        async for chunk in chunks:
            yield chunk
        return
    if encoding not in _DECOMPRESSORS:
        raise ClickHouseError(
            UNKNOWN_COMPRESSION_METHOD,
            f"Unknown compression method: {encoding}. (UNKNOWN_COMPRESSION_METHOD)",
        )
    frame = None
    async for chunk in chunks:
        while chunk:
            if frame is None or frame.eof:
                frame = _DECOMPRESSORS[encoding]()
            yield _decompress(frame, chunk)
            chunk = (frame.unused_data or b"") if frame.eof else b""
    if frame is not None and not frame.eof:
        raise ClickHouseError(
            CANNOT_READ_ALL_DATA, "The compressed body ends before its end mark. (CANNOT_READ_ALL_DATA)"
        )


def _decompress(frame: Any, chunk: bytes) -> bytes:
    try:
        return bytes(frame.decompress(chunk))
    except (zlib.error, zstd.ZstdError, RuntimeError) as error:
        raise ClickHouseError(
            CANNOT_DECOMPRESS, f"The body is damaged: {error}. (CANNOT_DECOMPRESS)"
        ) from None


class Identity:
    """No compression, behind the interface of the compressors."""

    def compress(self, data: bytes) -> bytes:
        """Pass on."""
        return data

    def flush(self) -> bytes:
        """Nothing is held back."""
        return b""


class Lz4Frame(lz4.frame.LZ4FrameCompressor):  # type: ignore[misc]
    """The LZ4 frame compressor, which begins its frame by itself as the others do."""

    def compress(self, data: bytes) -> bytes:
        """Compress; the first call gives the frame's header as well."""
        return self._header() + bytes(super().compress(data))

    def flush(self) -> bytes:
        """End the frame."""
        return self._header() + bytes(super().flush())

    def _header(self) -> bytes:
        return b"" if self.started() else bytes(self.begin())


_COMPRESSORS: dict[str, Callable[[], Any]] = {
    "lz4": Lz4Frame,
    "zstd": lambda: zstd.ZstdCompressor(level=1),
    "gzip": lambda: zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16),
    "deflate": lambda: zlib.compressobj(1),
}


def compressor(accepted: str) -> tuple[str | None, Any]:
    """Choose the cheapest encoding that an `Accept-Encoding` names: its name, and a compressor."""
    names = {part.split(";")[0].strip().lower() for part in accepted.split(",")}
    for name, make in _COMPRESSORS.items():
        if name in names:
            return name, make()
    return None, Identity()
