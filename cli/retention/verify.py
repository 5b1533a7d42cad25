"""`sillage retention verify`: a signed report, offline."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from cli.options import data_dir
from privacy.signatures import SignatureRefused, public_key_file, verify_document
from runtime.settings import RetentionSettings, load, with_stack


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The installation's public key, signing_key.pub.pem of its SILLAGE_STATE_DIR; by default this one.",
)
@data_dir("Where `sillage up` keeps the stack whose key is meant.")
def verify(file: Path, key: Path | None, data_dir: Path) -> None:
    """Say whether a signed report is as it was signed, and what it said. Nothing is asked of the network.

    The key is not taken from the report: get it by another way, once. The exit code is 1 for a report that
    was changed, was signed by another key, or says that something is past its limit.
    """
    document = _read(file)
    key = key or public_key_file(load(RetentionSettings, with_stack(os.environ, data_dir)).state_dir)
    try:
        genuine = verify_document(document, key.read_text())
    except OSError as error:
        raise click.ClickException(
            f"{key} cannot be read: {error.strerror}. Name the key by --key."
        ) from error
    except SignatureRefused as error:
        raise click.ClickException(f"{key}: {error}") from error
    if not genuine:
        raise click.ClickException(
            f"{file} was changed after it was signed, or signed by another key than {key}."
        )
    click.echo(f"Signed by the holder of {key}, and unchanged: a report of {document.get('checked_at')}.")
    faults = _faults(document)
    for fault in faults:
        click.echo(f"! {fault}")
    if not faults:
        click.echo(f"{len(document['stores'])} stores were measured; nothing was past its limit.")
    sys.exit(1 if faults else 0)


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_bytes())
    except ValueError as error:
        raise click.ClickException(
            f"{file} is no JSON: expected what `retention report --sign` prints."
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("stores"), list):
        raise click.ClickException(f"{file} is no report: expected what `retention report --sign` prints.")
    return document


def _faults(document: dict[str, Any]) -> list[str]:
    """What the report says is wrong; its figures are held against its verdict."""
    late = [one["store"] for one in document["stores"] if one["overdue_records"] or one["problem"]]
    faults = list(document.get("faults", ()))
    return faults or [f"{store} is not within its limit." for store in late]
