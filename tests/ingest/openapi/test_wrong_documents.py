"""The conformance test can fail: it finds out each of these documents."""

import copy
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup

from ingest.openapi.document import document
from tests.conftest import Stack
from tests.ingest.openapi.asking import CONFIG, keeps_to_the_document, of_bodies


def wrong(*path: str, put: object = None) -> dict[str, Any]:
    """A document that differs in one place; None removes it."""
    changed: dict[str, Any] = copy.deepcopy(of_bodies(document()))
    place = changed
    for step in path[:-1]:
        place = place[step]
    if put is None:
        del place[path[-1]]
    else:
        place[path[-1]] = put
    return changed


FIELDS = ("components", "schemas", "Event", "properties")
ANSWERS = ("paths", "/v1/events", "post", "responses")
TALE = ("components", "schemas", "EventsAnswer", "properties", "accepted")
ANOTHER_CODE = {"properties": {"error": {"properties": {"code": {"const": "invented"}}}}}
NO_OTHER_SIGN = {"name": "Sec-GPC", "in": "header", "schema": {"enum": ["1"]}}
WRONG = {
    "a status is missing": (wrong(*ANSWERS, "202"), "UndefinedStatusCode"),
    "a code is another": (
        wrong(*ANSWERS, "400", "content", "application/json", "schema", put=ANOTHER_CODE),
        "JsonSchemaError",
    ),
    "an answer has another type": (wrong(*TALE, put={"type": "string"}), "JsonSchemaError"),
    "a header is never sent": (
        wrong(*ANSWERS, "202", "headers", "x-none", put={"required": True, "schema": {"type": "string"}}),
        "MissingHeaders",
    ),
    "a content type is another": (
        wrong(*ANSWERS, "202", "content", put={"text/html": {}}),
        "UndefinedContentType",
    ),
    "more is allowed than is taken": (wrong(*FIELDS, "kind", put={"const": "swipe"}), "RejectedPositiveData"),
    "less is allowed than is taken": (
        wrong("paths", "/v1/events", "post", "parameters", put=[NO_OTHER_SIGN]),
        "AcceptedNegativeData",
    ),
}


SEEN_IN_WHAT_IS_FORBIDDEN = {"a code is another", "less is allowed than is taken"}


@pytest.mark.parametrize("fault", WRONG)
def test_a_document_that_is_wrong_is_found_out(fault: str, stack: Stack, session: requests.Session) -> None:
    content, expected = WRONG[fault]
    operation = schemathesis.openapi.from_dict(content, config=CONFIG)["/v1/events"]["POST"]
    mode = GenerationMode.NEGATIVE if fault in SEEN_IN_WHAT_IS_FORBIDDEN else GenerationMode.POSITIVE

    @settings(max_examples=200, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Case[Any]) -> None:
        keeps_to_the_document(case, stack, session)

    with pytest.raises(FailureGroup) as found:
        ask()
    assert expected in {type(failure).__name__ for failure in found.value.exceptions}
