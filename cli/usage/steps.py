"""Steps and starts as they are typed: the name of an action, or a filter."""

import re
from collections.abc import Iterable

import click

from cli.usage.options import Asked
from queries.usage.fields import UnknownField
from queries.usage.filters.errors import MalformedFilter
from queries.usage.filters.reading import parse_filter
from queries.usage.filters.tree import Comparison, Filter
from queries.usage.segments import filters_of, read_segments
from runtime.settings import QuerySettings, load

_NAME = re.compile(r"[^\s=<>!()\"',]+")


def read_steps(asked: Asked, texts: Iterable[str], option: str) -> list[Filter]:
    """Read each, a bare name as `action = "name"`; what is wrong is click.BadParameter of the option."""
    segments = filters_of(read_segments(load(QuerySettings, asked.environ).segments_file))
    try:
        return [
            Comparison("action", "=", text) if _NAME.fullmatch(text) else parse_filter(text, segments)
            for text in texts
        ]
    except (MalformedFilter, UnknownField) as error:
        raise click.BadParameter(str(error), param_hint=option) from error
