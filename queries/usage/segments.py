"""Segments: filters that have a name, in a TOML file.

[power-users]
where = 'property.seats >= 10 or action = "report.built"'
about = "Those who pay for many, or build reports"   # may be left out

docs/reference/filters.md has the language; `segment NAME` in a filter stands for another segment.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import msgspec

from queries.usage.fields import UnknownField
from queries.usage.filters.errors import MalformedFilter, UnknownSegment
from queries.usage.filters.reading import parse_filter, segments_named
from queries.usage.filters.tree import Filter
from runtime.settings import SettingError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A segment as the file writes it."""

    where: str
    about: str = ""


@dataclass(frozen=True)
class Segment:
    """A named filter: its text, what it is about, and the filter, in which other segments are resolved."""

    name: str
    where: str
    about: str
    filter: Filter


def read_segments(file: Path | None) -> dict[str, Segment]:
    """The segments by name, in the file's order; none without a file.

    Raises SettingError, which names the file, the segment and what is wrong.
    """
    if file is None:
        return {}
    try:
        entries = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise SettingError(f"The segments in {file} cannot be read: {error}") from error
    read = {name: _entry(f"Segment {name} of {file}", name, entry) for name, entry in entries.items()}
    filters: dict[str, Filter] = {}
    for name in _order(file, read):
        filters[name] = _filter(file, name, read[name], filters)
    return {name: Segment(name, entry.where, entry.about, filters[name]) for name, entry in read.items()}


def filters_of(segments: Mapping[str, Segment]) -> dict[str, Filter]:
    """What parse_filter resolves `segment NAME` by."""
    return {name: one.filter for name, one in segments.items()}


def _entry(whose: str, name: str, entry: object) -> _Entry:
    if not _NAME.fullmatch(name):
        raise SettingError(f"{whose}: a name is up to 63 of a-z, 0-9, - and _, and begins with no sign.")
    try:
        return msgspec.convert(entry, _Entry)
    except msgspec.ValidationError as error:
        raise SettingError(f"{whose}: {error}.") from None


def _order(file: Path, entries: Mapping[str, _Entry]) -> tuple[str, ...]:
    """Each after those that it refers to."""
    references: dict[str, frozenset[str]] = {}
    for name, entry in entries.items():
        try:
            references[name] = segments_named(entry.where)
            if unknown := references[name] - entries.keys():
                raise UnknownSegment(min(unknown), entries)
        except MalformedFilter as error:
            raise SettingError(f"Segment {name} of {file}: {error}") from None
    try:
        return tuple(TopologicalSorter(references).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise SettingError(f"Segments of {file} refer to each other in a circle: {circle}.") from None


def _filter(file: Path, name: str, entry: _Entry, known: Mapping[str, Filter]) -> Filter:
    try:
        return parse_filter(entry.where, known)
    except (MalformedFilter, UnknownField) as error:
        raise SettingError(f"Segment {name} of {file}: {error}") from None
