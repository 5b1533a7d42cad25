"""Refusals as responses: each status with the codes that it may stand for, their meanings and remedies."""

from itertools import groupby

import msgspec

from ingest.answers import ErrorAnswer, NothingTaken, NotTaken, error
from ingest.openapi import headers
from ingest.openapi.headers import Json
from ingest.otlp.answers import status
from ingest.refusals import EventRefusal, Refusal

ON_ANY_REQUEST = (
    Refusal.MALFORMED_REQUEST,
    Refusal.HEAD_TOO_LARGE,
    Refusal.REQUEST_TOO_SLOW,
    Refusal.BODY_TOO_LARGE,
    Refusal.TOO_MANY_CONNECTIONS,
    Refusal.BUSY,
    Refusal.FAILED,
)
"""What may befall any request, wherever it goes."""


def _example(refusal: Refusal) -> Json:
    answer: object = ErrorAnswer(error(refusal))
    if refusal is Refusal.ALL_EVENTS_REFUSED:
        reason = EventRefusal.NAME_TOO_LONG
        event = NotTaken(0, "01998d2a-6f00-7000-8000-0000000000a1", reason, reason.message)
        answer = NothingTaken(error(refusal), 0, [event])
    return {"summary": refusal.message, "value": msgspec.to_builtins(answer)}


def _otlp_example(refusal: Refusal) -> Json:
    return {"summary": refusal.message, "value": msgspec.to_builtins(status(refusal))}


EXAMPLES: Json = {refusal.code: _example(refusal) for refusal in Refusal}
EXAMPLES |= {f"otlp_{refusal.code}": _otlp_example(refusal) for refusal in Refusal}
"""The answer of each refusal, for `components/examples`; that of OTLP beside it."""


def refused(*refusals: Refusal, body: bool = True) -> Json:
    """Responses by status; without a body, as HEAD is answered."""
    by_status = groupby(sorted(refusals, key=lambda one: one.status), key=lambda one: one.status)
    return {str(status.value): _response(list(group), body) for status, group in by_status}


def refused_by_otlp(*refusals: Refusal) -> Json:
    """The same as google.rpc.Status, in the request's encoding."""
    by_status = groupby(sorted(refusals, key=lambda one: one.status), key=lambda one: one.status)
    return {str(one.value): _otlp_response(list(group)) for one, group in by_status}


def _otlp_response(refusals: list[Refusal]) -> Json:
    messages = {"properties": {"message": {"enum": [status(one).message for one in refusals]}}}
    examples = {one.code: {"$ref": f"#/components/examples/otlp_{one.code}"} for one in refusals}
    in_json = {
        "schema": {"allOf": [{"$ref": "#/components/schemas/Status"}, messages]},
        "examples": examples,
    }
    content = {"application/json": in_json, "application/x-protobuf": {"schema": {"type": "string"}}}
    return _described(refusals) | {"content": content}


def _described(refusals: list[Refusal]) -> Json:
    more = ["retry-after"] * refusals[0].is_passing + ["allow"] * (Refusal.METHOD_NOT_ALLOWED in refusals)
    lines = (f"- `{refusal.code}`: {refusal.message} {refusal.remedy}" for refusal in refusals)
    return {"description": "\n".join(lines), "headers": headers.of_json(*more)}


def _response(refusals: list[Refusal], body: bool) -> Json:
    response = _described(refusals)
    if body:
        examples = {one.code: {"$ref": f"#/components/examples/{one.code}"} for one in refusals}
        response["content"] = {"application/json": {"schema": _schema(refusals), "examples": examples}}
    return response


def _schema(refusals: list[Refusal]) -> Json:
    """The common form, narrowed to the codes of this status."""
    whole = [one.code for one in refusals if one is not Refusal.ALL_EVENTS_REFUSED]
    common = _narrowed("ErrorAnswer", whole)
    if len(whole) == len(refusals):
        return common
    return {"anyOf": [common, _narrowed("NothingTaken", [Refusal.ALL_EVENTS_REFUSED.code])]}


def _narrowed(schema: str, codes: list[str]) -> Json:
    code = {"properties": {"code": {"enum": codes}}}
    return {"allOf": [{"$ref": f"#/components/schemas/{schema}"}, {"properties": {"error": code}}]}
