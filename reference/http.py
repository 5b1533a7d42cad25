"""The collector's paths, as the OpenAPI document describes them."""

import re
from typing import Any

from ingest.openapi.operations import PATHS
from ingest.openapi.refusals import ON_ANY_REQUEST
from reference.markdown import code, table

_CODE = re.compile(r"^- `(\w+)`:", re.MULTILINE)


def paths() -> str:
    """A line for each path and method; HEAD stands with GET, whose headers it answers."""
    rows = [
        (code(path) if first else "", _methods(method), one["summary"], _answers(one), _refusals(one))
        for path, methods in PATHS.items()
        for first, (method, one) in zip((True, *[False] * 9), _without_head(methods), strict=False)
    ]
    return table(("path", "methods", "does", "answers", "refusals of its own"), rows)


def _without_head(methods: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(method, one) for method, one in methods.items() if method != "head"]


def _methods(method: str) -> str:
    return "GET, HEAD" if method == "get" else method.upper()


def _answers(operation: Any) -> str:
    """The statuses that are no refusals."""
    return ", ".join(status for status in operation["responses"] if int(status) < 400)


def _refusals(operation: Any) -> str:
    always = {refusal.code for refusal in ON_ANY_REQUEST}
    told = (_CODE.findall(one["description"]) for one in operation["responses"].values())
    return ", ".join(code(one) for codes in told for one in codes if one not in always)
