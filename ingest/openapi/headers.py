"""The headers of answers: those that every one has, and those that some have."""

from typing import Any

from ingest.answers import EVERY_ANSWER

Json = dict[str, Any]


def _always(value: str) -> Json:
    return {"required": True, "schema": {"type": "string", "const": value}}


def _described(text: str, schema: Json | None = None, *, required: bool = False) -> Json:
    return {"description": text, "required": required, "schema": schema or {"type": "string"}}


_CORS = {
    "access-control-allow-origin": _described(
        "The request's `Origin` where a tenant has it; `*` where it is refused for its origin, and on files."
    ),
    "access-control-expose-headers": _described("`retry-after`, where a page may read the answer."),
    "vary": _described("`origin` or `accept-encoding`, where the answer depends on it."),
}
_FILE = {
    "etag": _described("Names this content: for `If-None-Match`.", required=True),
    "cache-control": _described(
        "An hour, in any cache; a year where the file's name holds its hash.", required=True
    ),
    "content-encoding": _described("`gzip`, for who accepts it."),
    "cross-origin-resource-policy": _described("Any page may load it.", required=True),
}
_PREFLIGHT = {
    "access-control-allow-methods": _described("`POST`.", required=True),
    "access-control-allow-headers": _described("What a page may send.", required=True),
    "access-control-max-age": _described("Seconds.", {"type": "integer", "minimum": 0}, required=True),
}
_SOME = {
    "retry-after": _described(
        "Seconds to wait before the same batch is sent again.",
        {"type": "integer", "minimum": 1},
        required=True,
    ),
    "allow": _described("The methods that this path takes.", required=True),
    "no-store": {"description": "No cache keeps it.", **_always("no-store")},
}

HEADERS: Json = {name: _always(value) for name, value in EVERY_ANSWER.items()} | _CORS | _FILE | _PREFLIGHT
HEADERS |= _SOME
"""By the names under which `components/headers` has them."""


def _all(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*EVERY_ANSWER, *names)}


def of_json(*more: str) -> Json:
    """The headers of an answer in JSON, and more."""
    return _all(*_CORS, *more) | {"cache-control": {"$ref": "#/components/headers/no-store"}}


OF_FILE: Json = _all(*_FILE, "vary")
OF_SDK_FILE: Json = _all(*_FILE, "vary", "access-control-allow-origin")
OF_PREFLIGHT: Json = _all(*_CORS, *_PREFLIGHT)
