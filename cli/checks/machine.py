"""What this machine and its settings must be, before anything runs."""

import shutil
import sys
from pathlib import Path

from cli.checks.finding import Finding, broken, look, ok
from cli.surroundings import Surroundings
from local.data_dir import FREE_BYTES_NEEDED
from runtime.settings import PREFIX, SettingError

OLDEST_PYTHON = (3, 11)
_COMFORTABLE_BYTES = 5 * FREE_BYTES_NEEDED


def python_version(_around: Surroundings) -> Finding:
    """Python is new enough."""
    saw = f"Python {sys.version.split()[0]}"
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return broken(saw, f"Install Python {oldest} or newer, then set up the environment anew.")
    return ok(saw)


def free_disk(around: Surroundings) -> Finding:
    """The disk of the data directory has room."""
    place = around.data_dir if around.data_dir.exists() else Path.cwd()
    free = shutil.disk_usage(place).free
    saw = f"{free / (1 << 30):,.1f} GiB are free on the disk of {place}"
    if free < FREE_BYTES_NEEDED:
        return broken(saw, f"Free some: `sillage up` needs {FREE_BYTES_NEEDED >> 20:,} MiB to start.")
    if free < _COMFORTABLE_BYTES:
        return look(
            saw, f"Free some soon: below {FREE_BYTES_NEEDED >> 20:,} MiB `sillage up` does not start."
        )
    return ok(saw)


def settings(around: Surroundings) -> Finding:
    """Every SILLAGE_ variable is known and well-formed."""
    try:
        _ = around.settings
    except SettingError as error:
        return broken(
            str(error), "Correct the variable, or unset it; docs/reference/settings.md lists them all."
        )
    count = sum(name.startswith(PREFIX) for name in around.environ)
    return ok(f"{count} set, here or by the stack")
