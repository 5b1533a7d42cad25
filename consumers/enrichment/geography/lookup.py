"""Several databases as one, followed when their files are replaced.

Replace a database by renaming a new file over it, never by writing into it: the open file is mapped into
memory.
"""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from consumers.enrichment.geography import dbip
from consumers.enrichment.geography.layouts import (
    CityDatabase,
    DamagedDatabase,
    UnreadableDatabase,
    open_database,
)
from consumers.enrichment.geography.place import NOWHERE, Place
from runtime.settings import SettingError

log = logging.getLogger(__name__)

_Identity = tuple[int, int, int]


class FollowedDatabase:
    """The database at one path: opened when it is first asked, and again once another file stands there.

    A file that vanishes or cannot be read changes nothing: the one opened before goes on answering.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._identity: _Identity | None = None
        self._database: CityDatabase | None = None
        self._damage_told = False

    def find(self, address: str) -> Place:
        """Ask the database that stands there now; without one, every place is unknown."""
        self._follow()
        if self._database is None:
            return NOWHERE
        try:
            return self._database.find(address)
        except DamagedDatabase as error:
            if not self._damage_told:
                log.warning("%s is damaged, some places stay unknown: %s", self._file, error)
                self._damage_told = True
            return NOWHERE

    def _follow(self) -> None:
        identity = _identity(self._file)
        if identity is None or identity == self._identity:
            return
        self._identity = identity
        try:
            self._database = open_database(self._file)
        except UnreadableDatabase as error:
            log.warning("%s", error)
        else:
            self._damage_told = False
            log.info("Places come from %s, built %s", self._file, self._database.built.date())


def _identity(file: Path) -> _Identity | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


class Geography:
    """Databases asked in turn, until one knows the address. For one thread."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._databases = tuple(FollowedDatabase(file) for file in files)

    def find(self, address: str) -> Place:
        """Where an IPv4 or IPv6 address is; NOWHERE for what is unknown or no address. Never raises."""
        for database in self._databases:
            place = database.find(address)
            if place != NOWHERE:
                return place
        return NOWHERE


def open_geography(files: Sequence[Path] | None) -> Geography:
    """Open the databases that are set; None takes the cached DB-IP Lite files, as soon as they are there.

    Raises SettingError when a file that is set cannot be read.
    """
    databases = dbip.cached_files() if files is None else files
    problems = [problem for file in databases if (problem := _problem(file))]
    if not databases:
        log.warning("SILLAGE_GEO_DATABASES is empty: countries and cities stay unknown.")
    elif problems and files is not None:
        raise SettingError(f"SILLAGE_GEO_DATABASES: {problems[0]}")
    elif problems:
        log.warning(
            "Countries and cities stay unknown until `sillage geo fetch` has run (no restart needed): %s",
            " ".join(problems),
        )
    return Geography(databases)


def _problem(file: Path) -> str | None:
    try:
        open_database(file)
    except UnreadableDatabase as error:
        return str(error)
    return None
