"""Kafka's jars: fetched once from a Maven repository, held to the hashes in `jars.lock`, then used offline.

They are kept where Maven keeps them (`~/.m2/repository`, or what M2_REPO or jgo's configuration says).
"""

import contextlib
import fcntl
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext
from requests import RequestException

from local.errors import CannotStart

LOCK_FILE = Path(__file__).with_name("jars.lock")
_ATTEMPTS = 2


@dataclass(frozen=True)
class Jar:
    """One line of the lock file: Maven coordinates (group:artifact:version), size in bytes, SHA-256."""

    coordinates: str
    size: int
    sha256: str

    def is_in(self, file: Path) -> bool:
        """Whether the file holds this jar, whole and unchanged."""
        if not file.exists() or file.stat().st_size != self.size:
            return False
        return hashlib.sha256(file.read_bytes()).hexdigest() == self.sha256


def locked_jars() -> list[Jar]:
    """The jars that a broker needs, in the versions that were tried."""
    rows = [line.split() for line in LOCK_FILE.read_text().splitlines() if not line.startswith("#")]
    return [Jar(coordinates, int(size), sha256) for coordinates, size, sha256 in rows]


def local_jars(on_fetch: Callable[[int, int], None]) -> list[Path]:
    """Give the jars' files, fetching those that are missing or damaged.

    `on_fetch` is told how many bytes are there and how many there will be, before and after each fetch; it is
    never called when nothing has to be fetched, and then no network is used. Raises CannotStart.
    """
    settings = GlobalSettings.load()
    context = MavenContext(
        repo_cache=settings.repo_cache,
        remote_repos=settings.repositories or {"central": MAVEN_CENTRAL_URL},
    )
    wanted: dict[Jar, Any] = {
        jar: context.create_dependency(jar.coordinates).artifact for jar in locked_jars()
    }
    files: dict[Jar, Path] = {jar: artifact.cached_path for jar, artifact in wanted.items()}
    if not all(jar.is_in(file) for jar, file in files.items()):
        try:
            with _one_fetcher(settings.cache_dir):
                _fetch(wanted, files, on_fetch)
        except (OSError, RuntimeError, RequestException) as error:
            raise CannotStart(_unavailable(settings.repo_cache, error)) from error
    return list(files.values())


@contextlib.contextmanager
def _one_fetcher(cache_dir: Path) -> Iterator[None]:
    """Wait until no other stack on this machine fetches."""
    cache_dir.mkdir(parents=True, exist_ok=True)
    with (cache_dir / "sillage.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(wanted: dict[Jar, Any], files: dict[Jar, Path], on_fetch: Callable[[int, int], None]) -> None:
    total = sum(jar.size for jar in wanted)
    missing = [jar for jar in wanted if not jar.is_in(files[jar])]
    there = total - sum(jar.size for jar in missing)
    for jar in missing:
        on_fetch(there, total)
        _fetch_one(jar, wanted[jar], files[jar])
        there += jar.size
    on_fetch(there, total)


def _fetch_one(jar: Jar, artifact: Any, file: Path) -> None:
    """Fetch one jar; RuntimeError when what comes is not what was locked, twice."""
    for _ in range(_ATTEMPTS):
        file.unlink(
            missing_ok=True
        )  # an interrupted download leaves a part, which jgo would take for the whole
        artifact.resolve()
        if jar.is_in(file):
            return
    file.unlink()
    raise RuntimeError(f"{jar.coordinates} differs from {LOCK_FILE.name}")


def _unavailable(repository: Path, error: Exception) -> str:
    return (
        f"Kafka's jars could not be fetched: {error}.\n"
        f"The first run needs a Maven repository. Check the network and run the same command again, or name "
        f"your mirror in ~/.config/jgo.conf ([repositories], then `central = URL`), or copy {repository} "
        f"from a machine that has run Sillage. Later runs need no network."
    )
