"""The demo's pages in a process of their own, as the stack starts them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local.ports import HOST
from tests.browser.conftest import browser

__all__ = ["browser"]


@contextmanager
def serving(port: int, collector_url: str) -> Iterator[str]:
    """Serve the pages; gives their address."""
    command = [sys.executable, "-m", "local.demo.web", str(port), collector_url]
    with subprocess.Popen(command) as process:
        try:
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()
