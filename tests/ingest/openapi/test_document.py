"""The document says all that the code does, and nothing else."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from ingest.http import ROUTES
from ingest.openapi.document import document
from ingest.openapi.schemas import FIELDS
from ingest.otlp.encodings import Encoding
from ingest.otlp.ids import drop_invalid_spans
from ingest.otlp.reading import read_request
from ingest.reading import read_batch
from ingest.refusals import EventRefusal, Refusal
from ingest.wire import Context, Envelope, Event

DOCUMENT = document()
SCHEMAS = DOCUMENT["components"]["schemas"]
BATCH_EXAMPLES = DOCUMENT["paths"]["/v1/events"]["post"]["requestBody"]["content"]["text/plain"]["examples"]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def responses() -> Iterator[tuple[str, dict[str, Any]]]:
    for _, _, operation in operations():
        yield from operation["responses"].items()
    elsewhere = DOCUMENT["components"]["responses"]
    yield "404", elsewhere["not_found"]
    yield "405", elsewhere["method_not_allowed"]


def is_valid(value: object, schema: dict[str, Any]) -> bool:
    whole = {"components": DOCUMENT["components"], **schema}
    return jsonschema_rs.Draft202012Validator(whole).is_valid(value)


def test_it_is_valid_openapi() -> None:
    OPENAPI_31_VALIDATOR.validate(DOCUMENT)
    assert not OPENAPI_31_VALIDATOR.is_valid(DOCUMENT | {"paths": {"/a": {"get": {"responses": {"1": {}}}}}})


def test_every_reference_leads_somewhere() -> None:
    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if "$ref" in part:
                yield part["$ref"]
            part = list(part.values())
        if isinstance(part, list):
            for inner in part:
                yield from references(inner)

    found = set(references(DOCUMENT))
    assert len(found) > 30
    for reference in found:
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_route_is_described_and_nothing_else() -> None:
    served = {
        (path.decode(), method.decode().lower()) for path, methods in ROUTES.items() for method in methods
    }
    assert {(path, method) for path, method, _ in operations()} == served


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_stands_under_its_status_with_message_and_remedy(refusal: Refusal) -> None:
    line = f"- `{refusal.code}`: {refusal.message} {refusal.remedy}"
    found = {status for status, response in responses() if line in response["description"].splitlines()}
    assert found == {str(refusal.status.value)}
    with_body = [
        one for _, one in responses() if line in one["description"].splitlines() and "content" in one
    ]
    assert with_body
    for response in with_body:
        media = response["content"]["application/json"]
        name = media["examples"][refusal.code]["$ref"].removeprefix("#/components/examples/")
        example = DOCUMENT["components"]["examples"][name]["value"]
        assert is_valid(example, media["schema"])
        if "application/x-protobuf" in response["content"]:
            assert name == f"otlp_{refusal.code}"
            assert not is_valid(example | {"message": "invented"}, media["schema"])
        else:
            assert name == refusal.code
            assert not is_valid({"error": example["error"] | {"code": "invented"}}, media["schema"])


def test_every_reason_to_refuse_an_event_is_in_it() -> None:
    assert set(SCHEMAS["EventRefusal"]["enum"]) == set(EventRefusal)


def test_every_field_of_a_batch_is_explained() -> None:
    structs: dict[str, type[msgspec.Struct]] = {"Batch": Envelope, "Context": Context, "Event": Event}
    for name, struct in structs.items():
        assert set(FIELDS[name]) == {field.encode_name for field in msgspec.structs.fields(struct)}


@pytest.mark.parametrize("name", BATCH_EXAMPLES)
def test_an_example_batch_is_valid_and_is_taken_whole(name: str) -> None:
    batch = BATCH_EXAMPLES[name]["value"]
    assert is_valid(batch, {"$ref": "#/components/schemas/Batch"})
    read, refused = read_batch(msgspec.json.encode(batch))
    assert not refused
    assert len(read.events) == len(batch["events"])


@pytest.mark.parametrize(
    "broken",
    [
        {"events": [{"name": "x" * 201}]},
        {"events": [{"trace_id": "0" * 31}]},
        {"events": [{"properties": {str(number): 1 for number in range(51)}}]},
        {"events": [{"kind": "swipe"}]},
        {"events": []},
        {"batch_id": 7},
    ],
)
def test_limits_of_the_wire_are_in_it(broken: dict[str, Any]) -> None:
    page = BATCH_EXAMPLES["back_end"]["value"]
    events = [page["events"][0] | changes for changes in broken.get("events", [{}])]
    assert not is_valid(page | broken | {"events": events}, {"$ref": "#/components/schemas/Batch"})
    assert is_valid(page, {"$ref": "#/components/schemas/Batch"})


def test_the_example_span_is_valid_and_is_taken() -> None:
    body = DOCUMENT["paths"]["/v1/traces"]["post"]["requestBody"]["content"]["application/json"]
    example = body["examples"]["one"]["value"]
    assert is_valid(example, body["schema"])
    request, _ = read_request(msgspec.json.encode(example), Encoding.JSON)
    assert drop_invalid_spans(request) == (1, Counter())
