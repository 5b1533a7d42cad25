"""Every path and method, described; a test holds this against `ingest.http.ROUTES`."""

from ingest import sdk_files
from ingest.openapi import headers
from ingest.openapi.examples import EXAMPLES, SPANS_EXAMPLE
from ingest.openapi.headers import Json
from ingest.openapi.refusals import ON_ANY_REQUEST, refused, refused_by_otlp
from ingest.refusals import Refusal

_ON_EVENTS = (
    *ON_ANY_REQUEST,
    Refusal.UNSUPPORTED_MEDIA_TYPE,
    Refusal.UNSUPPORTED_ENCODING,
    Refusal.ENCODING_BROKEN,
    Refusal.NOT_JSON,
    Refusal.TOO_DEEP,
    Refusal.BATCH_INVALID,
    Refusal.NO_EVENTS,
    Refusal.TOO_MANY_EVENTS,
    Refusal.ALL_EVENTS_REFUSED,
    Refusal.KEY_MISSING,
    Refusal.KEY_UNKNOWN,
    Refusal.ORIGIN_FORBIDDEN,
    Refusal.ADDRESS_TOO_FAST,
    Refusal.TENANT_TOO_FAST,
    Refusal.NOT_STORED,
    Refusal.SPOOL_FULL,
)


_ON_TRACES = (
    *ON_ANY_REQUEST,
    Refusal.UNSUPPORTED_TRACES_TYPE,
    Refusal.UNSUPPORTED_ENCODING,
    Refusal.ENCODING_BROKEN,
    Refusal.NOT_JSON,
    Refusal.TOO_DEEP,
    Refusal.NOT_OTLP,
    Refusal.FOREIGN_FIELDS,
    Refusal.SECRET_KEY_MISSING,
    Refusal.KEY_UNKNOWN,
    Refusal.KEY_PUBLIC,
    Refusal.ADDRESS_TOO_FAST,
    Refusal.TENANT_TOO_FAST,
    Refusal.NOT_STORED,
    Refusal.SPOOL_FULL,
)


def _header(name: str, description: str, schema: Json | None = None) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": schema or {"type": "string"}}


_ORIGIN = _header(
    "Origin", "The page's origin, as browsers send it: a public key works from its tenant's own."
)
_IF_NONE_MATCH = _header("If-None-Match", "The `ETag` of what the client has.")
_SDK_FILE: Json = {"name": "file", "in": "path", "required": True, "schema": {"enum": sdk_files.names()}}
_CONTENT_TYPES = {"javascript": "text/javascript", "json": "application/json"}
_CONTENT_ENCODING = _header(
    "Content-Encoding",
    "How the body is compressed, in any case; the limit of a body holds for it unpacked too.",
    {"enum": ["", "identity", "gzip", "x-gzip", "deflate", "zstd"]},
)
_SEC_GPC = _header("Sec-GPC", "`1`: the person objects. The batch is counted without identity, or dropped.")


def _json(description: str, schema: Json) -> Json:
    return {
        "description": description,
        "headers": headers.of_json(),
        "content": {"application/json": {"schema": schema}},
    }


def _status(word: str) -> Json:
    return {"type": "object", "properties": {"status": {"const": word}}, "required": ["status"]}


def _read(summary: str, found: Json, *refusals: Refusal, parameters: tuple[Json, ...] = ()) -> Json:
    """GET, and HEAD, which is answered with the same headers and no body."""
    with_body = {
        "summary": summary,
        "parameters": list(parameters),
        "responses": found | refused(*ON_ANY_REQUEST, *refusals),
    }
    without = {status: {k: v for k, v in one.items() if k != "content"} for status, one in found.items()}
    head = with_body | {"responses": without | refused(*ON_ANY_REQUEST, *refusals, body=False)}
    return {"get": with_body, "head": head}


def _file(description: str, with_headers: Json, **schemas: Json) -> Json:
    """The schemas by the last part of their content types."""
    content = {_CONTENT_TYPES[kind]: {"schema": schema} for kind, schema in schemas.items()}
    whole = {"description": description, "headers": with_headers, "content": content}
    return {"200": whole, "304": {"description": "The client has it.", "headers": with_headers}}


_BATCH = {"schema": {"$ref": "#/components/schemas/Batch"}, "examples": EXAMPLES}
_SEND_EVENTS: Json = {
    "operationId": "sendEvents",
    "summary": "Take a batch of usage events.",
    "description": "202: every in-sync replica of Kafka has what is accepted. Unknown fields are ignored.",
    "security": [{}, {"secretKey": []}],
    "parameters": [_CONTENT_ENCODING, _SEC_GPC, _ORIGIN],
    "requestBody": {
        "required": True,
        "description": "The same JSON under both types: `text/plain` spares browsers the preflight.",
        "content": {"application/json": _BATCH, "text/plain": _BATCH},
    },
    "responses": {
        "202": _json("What became of the events.", {"$ref": "#/components/schemas/EventsAnswer"}),
        **refused(*_ON_EVENTS),
    },
}
_SPANS = {"schema": {"$ref": "#/components/schemas/RequestJson"}, "examples": {"one": SPANS_EXAMPLE}}
_SEND_TRACES: Json = {
    "operationId": "sendTraces",
    "summary": "Take spans by OTLP over HTTP.",
    "description": "200: every in-sync replica of Kafka has what is accepted. Unknown fields are ignored.",
    "security": [{"secretKey": []}, {"secretKeyHeader": []}],
    "parameters": [_CONTENT_ENCODING],
    "requestBody": {
        "required": True,
        "description": "An ExportTraceServiceRequest, in protobuf or in OTLP's JSON.",
        "content": {"application/json": _SPANS, "application/x-protobuf": _SPANS},
    },
    "responses": {
        "200": {
            "description": "What became of the spans: an ExportTraceServiceResponse in the same encoding.",
            "headers": headers.of_json(),
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/ExportAnswer"}},
                "application/x-protobuf": {"schema": {"type": "string"}},
            },
        },
        **refused_by_otlp(*_ON_TRACES),
    },
}


def _preflight(name: str, refusals: Json) -> Json:
    return {
        "operationId": name,
        "summary": "Answer a browser's preflight.",
        "parameters": [_ORIGIN],
        "responses": {
            "204": {"description": "Some tenant has this origin.", "headers": headers.OF_PREFLIGHT},
            **refusals,
        },
    }


_ON_PREFLIGHT = (*ON_ANY_REQUEST, Refusal.ORIGIN_FORBIDDEN)

PATHS: Json = {
    "/v1/events": {"post": _SEND_EVENTS, "options": _preflight("askBeforehand", refused(*_ON_PREFLIGHT))},
    "/v1/traces": {
        "post": _SEND_TRACES,
        "options": _preflight("askBeforeTraces", refused_by_otlp(*_ON_PREFLIGHT)),
    },
    "/sillage.js": _read(
        "The browser SDK.",
        _file("JavaScript, the newest.", headers.OF_SDK_FILE, javascript={"type": "string"}),
        parameters=(_IF_NONE_MATCH,),
    ),
    "/sdk/{file}": _read(
        "The browser SDK's files, scripts under names that hold their hash; `sillage.json` lists them.",
        _file("The file.", headers.OF_SDK_FILE, javascript={"type": "string"}, json={"type": "object"}),
        Refusal.NOT_FOUND,
        parameters=(_SDK_FILE, _IF_NONE_MATCH),
    ),
    "/openapi.json": _read(
        "This document.",
        _file("OpenAPI 3.1.", headers.OF_FILE, json={"type": "object"}),
        parameters=(_IF_NONE_MATCH,),
    ),
    "/healthz": _read("Whether the process lives.", {"200": _json("It does.", _status("ok"))}),
    "/readyz": _read(
        "Whether batches can be taken.", {"200": _json("They can.", _status("ready"))}, Refusal.NOT_READY
    ),
}
