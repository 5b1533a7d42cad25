"""The demo's pages and services in processes of their own, as the stack starts them."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from local.demo.parts import instrumented
from local.ports import HOST
from tests.browser.conftest import browser, playwright
from tests.client import awaited

__all__ = ["browser", "playwright"]


@contextmanager
def serving(port: int, collector_url: str, billing_port: int, spans_url: str = "") -> Iterator[str]:
    """Serve the pages, whose service calls billing there; gives their address once they are there.

    Spans go to the collector too, unless another address is given.
    """
    billing_url = f"http://{HOST}:{billing_port}"
    spans = instrumented("atelier-web", spans_url or collector_url, "sk_demo")
    with _module("web", str(port), collector_url, billing_url, environ=spans):
        awaited(lambda: answers(f"http://{HOST}:{port}"))
        yield f"http://{HOST}:{port}"


@contextmanager
def billing(port: int, spans_url: str) -> Iterator[None]:
    """Run the second service."""
    with _module("billing", str(port), environ=instrumented("atelier-billing", spans_url, "sk_demo")):
        awaited(lambda: listens(port))
        yield


@contextmanager
def _module(name: str, *arguments: str, environ: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", f"local.demo.{name}", *arguments]
    with subprocess.Popen(command, env=os.environ | environ) as process:
        try:
            yield
        finally:
            process.terminate()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
