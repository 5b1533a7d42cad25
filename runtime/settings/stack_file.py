"""Where a running stack leaves its settings, so that other commands find it."""

from collections.abc import Mapping
from pathlib import Path

STACK_FILE = "stack.env"
"""Its name in the data directory of `sillage up`."""


def with_stack(environ: Mapping[str, str], data_dir: Path = Path(".sillage")) -> dict[str, str]:
    """The environment, completed by what the stack running on `data_dir` left in its `stack.env`.

    A variable that is set wins over the stack's.
    """
    file = data_dir / STACK_FILE
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line) | dict(environ)


def write_stack(data_dir: Path, values: Mapping[str, str]) -> None:
    """Leave the settings of a running stack for `with_stack`, readable by its owner alone."""
    file = data_dir / STACK_FILE
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
