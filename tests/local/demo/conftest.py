"""The demo's pages in a process of their own, as the stack starts them."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from local.ports import HOST
from tests.browser.conftest import browser
from tests.client import awaited

__all__ = ["browser"]


@contextmanager
def serving(port: int, collector_url: str) -> Iterator[str]:
    """Serve the pages; gives their address once they are there."""
    command = [sys.executable, "-m", "local.demo.web", str(port), collector_url]
    with subprocess.Popen(command) as process:
        try:
            awaited(lambda: answers(f"http://{HOST}:{port}"))
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
