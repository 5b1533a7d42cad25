"""Chromium for tests and benchmarks: Debian's where it can be had, else Playwright's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

DEBIAN_CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> Path | None:
    """Give the path of a Chromium, installed now when missing; None: the one that Playwright keeps itself."""
    if DEBIAN_CHROMIUM.exists():
        return DEBIAN_CHROMIUM
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environ)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        subprocess.run(install, check=True, env=environ)
        return DEBIAN_CHROMIUM
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    return None
