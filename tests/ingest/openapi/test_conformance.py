"""Schemathesis asks a running collector, in all ways that the document allows and forbids."""

from typing import Any

import requests
import schemathesis
from hypothesis import given, settings
from schemathesis import Case, GenerationMode

from ingest.openapi.document import document
from tests.client import send
from tests.conftest import Stack
from tests.ingest.openapi.asking import CONFIG, keeps_to_the_document, of_bodies

SCHEMA = schemathesis.openapi.from_dict(document(), config=CONFIG)


@SCHEMA.parametrize()
def test_it_keeps_to_the_document(case: Case[Any], stack: Stack, session: requests.Session) -> None:
    keeps_to_the_document(case, stack, session)


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
