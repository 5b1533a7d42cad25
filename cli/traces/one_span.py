"""One span with all that it carries; long values are cut."""

import json
from collections.abc import Sequence
from typing import Any

import click

from cli.plain import plain
from queries.traces.otlp_values import Json


def print_span(elements: Sequence[Json], span_id: str) -> None:
    """Print what the elements of `resourceSpans` hold of it: one span, or its copies."""
    if not elements:
        raise click.ClickException(f"The trace has no span {span_id!r}: 16 hexadecimal digits.")
    for element in elements:
        scoped = element["scopeSpans"][0]
        for span in scoped["spans"]:
            _print_one(span)
            _section("resource", element["resource"]["attributes"])
            if scope := scoped.get("scope"):
                click.echo(f"scope {plain(scope['name'])} {plain(scope['version'])}")
                _section("scope attributes", scope["attributes"])


def _print_one(span: Json) -> None:
    lasted = (int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])) / 1e6
    click.echo(f"{plain(span['name'])}, {lasted:,.3f} ms")
    for name in ("spanId", "parentSpanId", "traceState"):
        if span[name]:
            click.echo(f"  {name}: {plain(span[name])}")
    if status := span.get("status"):
        word = ("unset", "ok", "error")[status["code"]]
        click.echo(f"  status: {word} {plain(status['message'])}")
    _section("attributes", span["attributes"])
    for event in span["events"]:
        _section(f"event {plain(event['name'])}", event["attributes"])
    for link in span["links"]:
        _section(f"link to {plain(link['traceId'])} {plain(link['spanId'])}", link["attributes"])


def _section(title: str, attributes: Sequence[Json]) -> None:
    if attributes or title.startswith(("event", "link")):
        click.echo(title)
    for one in attributes:
        click.echo(f"  {plain(one['key'])} = {plain(_text(one['value']))}")


def _text(value: Json) -> str:
    if not value:
        return "(no value)"
    ((kind, content),) = value.items()
    if kind in ("arrayValue", "kvlistValue"):
        return json.dumps(_bare(value), ensure_ascii=False)
    return str(content).lower() if kind == "boolValue" else str(content)


def _bare(value: Json) -> Any:
    """The value without the names of its kinds."""
    if not value:
        return None
    ((kind, content),) = value.items()
    if kind == "arrayValue":
        return [_bare(one) for one in content["values"]]
    if kind == "kvlistValue":
        return {one["key"]: _bare(one["value"]) for one in content["values"]}
    return int(content) if kind == "intValue" else content
