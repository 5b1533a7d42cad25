"""The OpenAPI 3.1 document, put together once a process; served as `/openapi.json`.

Source: https://spec.openapis.org/oas/v3.1.1.html
"""

import functools
from importlib.metadata import version

import msgspec

from ingest.openapi.headers import HEADERS, Json
from ingest.openapi.operations import PATHS
from ingest.openapi.refusals import EXAMPLES, refused
from ingest.openapi.schemas import schemas
from ingest.refusals import Refusal
from ingest.served_file import ServedFile

_ABOUT = """\
Takes usage events from pages and back ends, and traces by OTLP. What it does not take, it names: each
refusal has a code, a message and a remedy, on `/v1/traces` in the form of OTLP. A client sends the same
batch, under the same `batch_id`, again after 429 and 5xx, once the seconds of `Retry-After` have passed, and
drops it after any other 4xx. Integers are written without point or exponent.

Any other path is answered with the response `not_found`, another method with `method_not_allowed`."""

_SECRET_KEY: Json = {
    "type": "http",
    "scheme": "bearer",
    "description": "A back end's secret key, `sk_…`. Pages put their public key, `pk_…`, into `key`.",
}
_SECRET_KEY_HEADER: Json = {
    "type": "apiKey",
    "in": "header",
    "name": "x-sillage-key",
    "description": "The same key, for exporters that leave `Authorization` to a proxy.",
}


def document() -> Json:
    """The whole document, as JSON's types."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sillage collector",
            "version": version("sillage"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": _ABOUT,
        },
        "servers": [{"url": "/"}],
        "paths": PATHS,
        "components": {
            "schemas": schemas(),
            "responses": {
                "not_found": refused(Refusal.NOT_FOUND)["404"],
                "method_not_allowed": refused(Refusal.METHOD_NOT_ALLOWED)["405"],
            },
            "headers": HEADERS,
            "examples": EXAMPLES,
            "securitySchemes": {"secretKey": _SECRET_KEY, "secretKeyHeader": _SECRET_KEY_HEADER},
        },
    }


@functools.cache
def openapi_file() -> ServedFile:
    """The document as it is served."""
    return ServedFile.of(msgspec.json.encode(document()), "application/json")
