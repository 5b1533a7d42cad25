"""Files in memory, from which the engine reads the bodies of INSERTs."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

_KEPT_FILES = 2  # as many as there are consumers of the embedded stack
_KEPT_BYTES = 72 << 20  # a consumer's largest INSERT, and some more


class BodyFiles:
    """Lends a file to one INSERT at a time, and keeps it, with its pages, for the next.

    In a new file the kernel finds a page for each 4 KB, and takes it back: a sixth of receiving and parsing.
    """

    def __init__(self) -> None:
        self._idle: list[IO[bytes]] = []

    @contextmanager
    def lend(self) -> Iterator[tuple[IO[bytes], str]]:
        """An unbuffered file at its beginning, and the path by which the engine reads it.

        Whoever has written it cuts off what is left of the body before, by `truncate()`.
        """
        if not hasattr(os, "memfd_create"):
            with tempfile.NamedTemporaryFile(buffering=0, dir=".") as named:
                yield named.file, named.name
            return
        file = self._idle.pop() if self._idle else _new_file()
        try:
            yield file, f"/proc/self/fd/{file.fileno()}"
        except Exception:
            self._keep(file)
            raise
        except BaseException:  # cancelled: the engine may still be reading it
            file.close()
            raise
        self._keep(file)

    def close(self) -> None:
        """Let go of those that are kept."""
        while self._idle:
            self._idle.pop().close()

    def _keep(self, file: IO[bytes]) -> None:
        if len(self._idle) >= _KEPT_FILES:
            file.close()
            return
        file.truncate(min(os.fstat(file.fileno()).st_size, _KEPT_BYTES))
        file.seek(0)
        self._idle.append(file)


def _new_file() -> IO[bytes]:
    return open(os.memfd_create("body"), "wb", buffering=0)  # noqa: PTH123 - a descriptor, not a path
