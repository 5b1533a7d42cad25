"""The collector gives the answers of the transport's vectors; tests/browser has the SDK's half."""

import json
from http import HTTPStatus

import pytest

from ingest.answers import refused
from ingest.refusals import Refusal, RefuseRequest
from tests.client import send
from tests.conftest import Stack
from tests.vectors import Vector, having


@pytest.mark.parametrize("vector", having("request"), ids=lambda vector: vector["name"])
def test_a_request_gets_the_answer_of_its_vector(vector: Vector, stack: Stack) -> None:
    headers = {"Content-Type": "text/plain"} | ({"Origin": vector["origin"]} if "origin" in vector else {})
    status, body, _ = send(stack, "POST", json.dumps(vector["request"]).encode(), **headers)
    assert {"status": status, "body": body} == vector["answer"]


@pytest.mark.parametrize("vector", having("refusal"), ids=lambda vector: vector["name"])
def test_a_refusal_is_answered_as_its_vector_says(vector: Vector) -> None:
    refusal = Refusal[vector["refusal"].upper()]
    expected = vector["answer"]
    answer = refused(RefuseRequest(refusal, expected.get("retry_after", 5)))
    assert (answer.status, json.loads(answer.body)) == (HTTPStatus(expected["status"]), expected["body"])
    told = f"retry-after: {expected['retry_after']}\r\n" if "retry_after" in expected else ""
    assert (b"retry-after" in answer.head) == bool(told) and told.encode() in answer.head


def test_every_vector_has_a_request_or_a_refusal() -> None:
    assert len(having("request")) + len(having("refusal")) == len(having("name"))
