"""Files of secrets: whole or not at all, and for their owner alone."""

import os
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Write the file anew; what was there stays until all of it is on the disk. Raises OSError."""
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)
