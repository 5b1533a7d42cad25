"""Schemathesis asks a running collector, in all ways that the document allows and forbids."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import given, settings
from schemathesis import Case, GenerationMode

from ingest.openapi.document import document
from tests.client import send
from tests.conftest import Stack
from tests.ingest.openapi.asking import CONFIG, keeps_to_the_document, of_bodies

pytestmark = pytest.mark.long
METHODS = {"get", "head", "post", "options", "put", "delete", "patch"}
SCHEMA = schemathesis.openapi.from_dict(document(), config=CONFIG)


def _test_of(method: str, path: str) -> Callable[..., None]:
    """The test of one operation, under a name of its own: Schemathesis gives all of a function one."""

    def test(case: Case[Any], stack: Stack, session: requests.Session) -> None:
        keeps_to_the_document(case, stack, session)

    test.__name__ = test.__qualname__ = (
        f"test_{method}_{re.sub(r'[^a-z0-9]+', '_', path.strip('/'))}_keeps_to_it"
    )
    return SCHEMA.include(method=method.upper(), path=path).parametrize()(test)  # type: ignore[no-any-return]


OPERATIONS = [
    (method, path) for path, item in document()["paths"].items() for method in item if method in METHODS
]
for of in OPERATIONS:
    one = _test_of(*of)
    globals()[one.__name__] = one


def test_each_operation_has_a_test() -> None:
    assert len({name for name in globals() if name.endswith("_keeps_to_it")}) == len(OPERATIONS) > 10


def test_whatever_is_wrong_with_a_body_is_told(stack: Stack, session: requests.Session) -> None:
    operation = schemathesis.openapi.from_dict(of_bodies(document()), config=CONFIG)["/v1/events"]["POST"]
    told = set()

    @settings(max_examples=100, derandomize=True, database=None, deadline=None)
    @given(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def ask(case: Case[Any]) -> None:
        answer = keeps_to_the_document(case, stack, session).json()
        told.add(answer["error"]["code"] if "error" in answer else "taken in part")

    ask()
    assert {"batch_invalid", "all_events_refused", "taken in part", "not_json"} <= told


def test_the_collector_serves_this_document(stack: Stack) -> None:
    status, served, headers = send(stack, "GET", path="/openapi.json")
    assert (status, served) == (200, document())
    assert headers["Content-Type"] == "application/json"
    known = {"If-None-Match": headers["ETag"]}
    assert requests.head(stack.collector_url + "/openapi.json", headers=known, timeout=10).status_code == 304
