"""The demo's pages, as they are served."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message

import pytest

from tests.conftest import free_port_base
from tests.local.demo.conftest import serving

COLLECTOR = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serving(base := free_port_base(), COLLECTOR, base + 1) as url:
        yield url


def get(url: str) -> tuple[int, str, Message]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


@pytest.mark.parametrize("path", ["/", "/time", "/invoices", "/invoices/1048", "/settings"])
def test_every_page_can_be_opened_by_its_address_and_has_the_sdk_in_it(site: str, path: str) -> None:
    status, page, _ = get(site + path)
    assert status == 200
    tag = f'<script async src="{COLLECTOR}/sillage.js" data-key="pk_demo" data-release="5.0.1"></script>'
    assert tag in page


def test_every_file_that_a_page_names_is_there(site: str) -> None:
    _, page, _ = get(site)
    files = set(re.findall(r'"(/assets/[^"]+)"', page))
    assert len(files) == 4
    for file in files:
        assert get(site + file)[0] == 200


def test_the_policy_lets_nothing_run_but_the_products_own_files_and_the_sdk(site: str) -> None:
    for path in ("/", "/assets/pages.js"):
        _, _, headers = get(site + path)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert f"script-src 'self' {COLLECTOR};" in policy
        assert f"connect-src 'self' {COLLECTOR};" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/nowhere", "/invoices/none", "/assets/index.html", "/assets/..%2fweb.py"])
def test_anything_else_is_not_found(site: str, path: str) -> None:
    assert get(site + path)[0] == 404
