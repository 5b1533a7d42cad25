"""How a shell in this directory calls `sillage`."""

import os
import shutil
import sys

_COMMAND = "sillage"


def sillage() -> str:
    """The command's name where the shell finds it, else the path by which this process was started."""
    return _COMMAND if shutil.which(_COMMAND) else os.path.relpath(sys.argv[0])
