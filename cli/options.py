"""The option that several commands share: which stack on this machine is meant."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def data_dir(meaning: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--data-dir`: where `sillage up` keeps a stack, and leaves what other commands find it by."""
    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        default=".sillage",
        show_default=True,
        help=meaning,
    )
