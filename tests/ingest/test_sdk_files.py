"""The SDK as the collector serves it: the newest, and each file under a name that holds its hash."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import Stack

SDK = Path(__file__).parents[2] / "sdk"


@pytest.fixture
def about(stack: Stack) -> dict[str, Any]:
    answer = requests.get(f"{stack.collector_url}/sdk/sillage.json", timeout=10)
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    return dict(answer.json())


def test_each_script_is_what_its_integrity_says_and_never_changes(
    stack: Stack, about: dict[str, Any]
) -> None:
    for script in (about, *about["parts"].values()):
        answer = requests.get(f"{stack.collector_url}/sdk/{script['file']}", timeout=10)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
        assert script["integrity"] == f"sha256-{digest}"


def test_the_short_name_gives_the_same_script_for_an_hour_and_says_where_its_map_is(
    stack: Stack, about: dict[str, Any]
) -> None:
    short = requests.get(f"{stack.collector_url}/sillage.js", timeout=10)
    assert short.content == requests.get(f"{stack.collector_url}/sdk/{about['file']}", timeout=10).content
    assert short.headers["Cache-Control"] == "public, max-age=3600"
    source_map = requests.get(f"{stack.collector_url}/{short.headers['SourceMap']}", timeout=10)
    assert "../src/script.ts" in source_map.json()["sources"]


def test_each_script_under_its_hash_says_where_its_map_is(stack: Stack, about: dict[str, Any]) -> None:
    sources = {about["file"]: "../src/script.ts"} | {
        part["file"]: f"../src/{name}.script.ts" for name, part in about["parts"].items()
    }
    for script, source in sources.items():
        answer = requests.get(f"{stack.collector_url}/sdk/{script}", timeout=10)
        address = f"{stack.collector_url}/sdk/{answer.headers['SourceMap']}"
        source_map = requests.get(address, timeout=10).json()
        assert source in source_map["sources"]
        assert all(source_map["sourcesContent"])


def test_they_are_compressed_for_who_accepts_that_to_what_the_build_says(
    stack: Stack, about: dict[str, Any]
) -> None:
    sizes = json.loads((SDK / "dist" / "sizes.json").read_text())
    for name, script in {"": about, **about["parts"]}.items():
        url = f"{stack.collector_url}/sdk/{script['file']}"
        packed = requests.get(url, headers={"Accept-Encoding": "gzip"}, timeout=10, stream=True)
        assert packed.headers["Content-Encoding"] == "gzip"
        built = f"sillage-{name}.min.js" if name else "sillage.min.js"
        assert int(packed.headers["Content-Length"]) == sizes[built]["gzip"]
        assert (
            packed.content == requests.get(url, headers={"Accept-Encoding": "identity"}, timeout=10).content
        )


@pytest.mark.parametrize("name", ["", "sillage.js", "..%2fsillage.json", "sillage-00000000.js"])
def test_another_name_is_not_found(stack: Stack, name: str) -> None:
    assert requests.get(f"{stack.collector_url}/sdk/{name}", timeout=10).status_code == 404
