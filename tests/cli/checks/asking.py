"""One check asked on the running stack, under other settings."""

from pathlib import Path

from cli.checks import CHECKS, Finding, examine
from cli.surroundings import Surroundings
from tests.conftest import Stack, free_port_base


def free_port() -> str:
    """A port on which nobody listens."""
    return str(free_port_base())


def examined(environ: dict[str, str], data_dir: Path, *names: str) -> list[Finding]:
    """What these checks find; the others are not asked."""
    checks = [check for check in CHECKS if check.name in names]
    return [finding for _, finding in examine(checks, Surroundings(environ, data_dir))]


def found(stack: Stack, name: str, **changes: str) -> Finding:
    """What one check finds on the running stack, with other settings."""
    (finding,) = examined(stack.environ | changes, stack.data_dir, name)
    return finding
