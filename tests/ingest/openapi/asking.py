"""How a well-behaved client turns what schemathesis makes up into requests: keys that exist, compression."""

import gzip
import json
import zlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
import requests
import schemathesis
from requests.adapters import HTTPAdapter
from schemathesis import Case, CheckContext, Response, SerializationContext
from schemathesis.checks import negative_data_rejection
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth

from ingest.otlp.from_json import message_of
from ingest.otlp.json_shape import RequestJson
from runtime.zstd import zstd
from tests.conftest import Stack

CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20261125,
        "generation": {"max-examples": 40, "deterministic": True},
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "304", "403"]}},
    }
)
MAX_KEY = 200
_PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
}


@schemathesis.serializer("application/json", "text/plain")
def written(_context: SerializationContext, value: Any) -> bytes:
    """JSON under both types, with whole numbers as JavaScript writes them: to JSON Schema 3.0 is one too."""
    return value if isinstance(value, bytes) else json.dumps(_whole(value)).encode()


@schemathesis.serializer("application/x-protobuf")
def packed(_context: SerializationContext, value: Any) -> bytes:
    """The same message in protobuf; what has no place in one is no message there either."""
    try:
        return bytes(message_of(msgspec.convert(_whole(value), RequestJson)).SerializeToString())
    except (ValueError, RecursionError):
        return b"\xff"


def _whole(value: Any) -> Any:
    match value:
        case dict():
            return {name: _whole(inner) for name, inner in value.items()}
        case list():
            return [_whole(inner) for inner in value]
        case float() if value.is_integer():
            return int(value)
    return value


def of_bodies(whole: dict[str, Any]) -> dict[str, Any]:
    """The document without what else a batch is sent with, or most of what is wrong would be wrong there."""
    paths = whole["paths"]
    events = paths["/v1/events"]
    post = {"post": events["post"] | {"parameters": []}}
    return whole | {"paths": paths | {"/v1/events": events | post}}


class Compressing(HTTPAdapter):
    """Sends a body in the encoding that its header names, which the document cannot say."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        pack = _PACKED.get(str(request.headers.get("Content-Encoding")))
        body = request.body or b""  # None for an empty one
        if pack and request.method == "POST" and isinstance(body, bytes):
            request.body = pack(body)
            request.headers["Content-Length"] = str(len(request.body))
        return super().send(request, *args, **options)


def compressing() -> requests.Session:
    session = requests.Session()
    session.mount("http://", Compressing())
    return session


def give_keys(case: Case[Any], stack: Stack) -> None:
    """Make it from a page of the tenant where the body has a key, from a back end where it has none.

    What is wrong with a key stays wrong.
    """
    headers: Any = case.headers
    if case.path == "/v1/traces" and case.method == "POST":
        headers["Authorization"] = f"Bearer {stack.secret_key}"
    if case.path != "/v1/events" or case.method != "POST":
        return
    headers.pop("Authorization", None)
    if "Origin" in headers:
        headers["Origin"] = stack.collector_url
    if not isinstance(case.body, dict):
        return
    if "key" not in case.body:
        headers["Authorization"] = f"Bearer {stack.secret_key}"
    elif isinstance(case.body["key"], str) and len(case.body["key"]) <= MAX_KEY:
        case.body = case.body | {"key": "pk_demo"}


def what_is_wrong_is_told(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """What the document does not allow is refused: the request, or one event of it by name.

    Alone, `negative_data_rejection` takes each 202 for an acceptance. Here one bad event does not take its
    neighbours along, so that a 202 with something in `refused` is none.
    """
    if case.path == "/v1/traces":
        if response.status_code != HTTPStatus.OK or len(response.content) <= len(b"{}"):
            negative_data_rejection(context, response, case)
    elif response.status_code != HTTPStatus.ACCEPTED or not response.json()["refused"]:
        negative_data_rejection(context, response, case)


def keeps_to_the_document(case: Case[Any], stack: Stack, session: requests.Session) -> Response:
    give_keys(case, stack)
    return case.call_and_validate(
        base_url=stack.collector_url,
        session=session,
        # The key is not one that schemathesis has made up: keys are tested in tests/ingest/test_traces.py.
        excluded_checks=[negative_data_rejection, *([ignored_auth] if case.path == "/v1/traces" else [])],
        additional_checks=[what_is_wrong_is_told],
    )
