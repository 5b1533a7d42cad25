"""Parquet, by a library that only those install who want such files."""

import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import click


def check_installed() -> None:
    """Raise click.ClickException, which says how to install what writes Parquet."""
    if find_spec("pyarrow") is None:
        raise click.ClickException("Parquet takes pyarrow, which is not here: pip install 'sillage[parquet]'")


def parquet(objects: Sequence[dict[str, Any]], heads: Sequence[str] = ()) -> bytes:
    """One file; where there are no objects it has the columns alone, without types.

    Raises click.ClickException where pyarrow is not installed.
    """
    check_installed()
    import pyarrow
    import pyarrow.parquet

    empty = pyarrow.schema([(head, pyarrow.null()) for head in heads])
    table = pyarrow.Table.from_pylist(objects) if objects else empty.empty_table()
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file)
    return file.getvalue()
