"""Every command and its options, as `--help` has them: tables in the pages that describe the commands."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import click

from cli import COMMANDS, main
from reference.markdown import code, table

_HEADS = ("option", "takes", "default", "meaning")
_WORDS = {
    "integer": "a number",
    "float": "a number",
    "file": "a file",
    "directory": "a directory",
    "path": "a path",
}


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Each command by its name, `usage volume`; groups are followed, not given."""
    context = click.Context(main)
    for name in COMMANDS:
        if command := main.get_command(context, name):
            yield from _within(name, command)


def _within(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for each, one in command.commands.items():
            yield from _within(f"{name} {each}", one)
    else:
        yield name, command


def overview() -> str:
    """A line for each command of the first level."""
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in COMMANDS}
    rows = [(code(f"sillage {name}"), _sentence(one)) for name, one in found.items() if one]
    return table(("command", "does"), rows)


def _sentence(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "").partition("\n\n")[0]


def with_options(page: str, name: str, command: click.Command) -> str:
    """The page with the command's section, and the table of options in it, as the code has them.

    A command without a section is given one, at the end.
    """
    title = f"## `sillage {name}`"
    section = re.compile(
        rf"(?P<title>^{re.escape(title)}\n)(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
    )
    if not section.search(page):
        page = f"{page.rstrip()}\n\n{title}\n\n{_sentence(command)}\n"
    return section.sub(
        lambda found: found["title"] + _with_table(found["text"], options(command)), page, count=1
    )


def _with_table(text: str, drawn: str) -> str:
    there = re.compile(r"^\| option \|.*?(?=\n(?!\|)|\Z)", re.MULTILINE | re.DOTALL)
    if there.search(text) or not drawn:
        return there.sub(lambda _: drawn, text, count=1)
    return f"\n{drawn}\n{text}"


def options(command: click.Command) -> str:
    """The table of a command's options; nothing where it has none."""
    declared = [one for one in command.params if isinstance(one, click.Option)]
    rows = [(code(opt), _takes(one), _default(one), one.help or "") for one in declared for opt in one.opts]
    return table(_HEADS, rows) if rows else ""


def _takes(option: click.Option) -> str:
    if option.is_flag:
        return ""
    return _values(option.type) + (", repeated" if option.multiple else "")


def _values(kind: click.ParamType[Any]) -> str:
    if isinstance(kind, click.Choice):
        return ", ".join(code(one) for one in kind.choices)
    if isinstance(kind, click.IntRange | click.FloatRange):
        if kind.max is None:
            return "a number" if kind.min is None else f"{kind.min:,} or more"
        return f"up to {kind.max:,}" if kind.min is None else f"{kind.min:,} to {kind.max:,}"
    return _WORDS.get(kind.name, kind.name)


def _default(option: click.Option) -> str:
    if option.required:
        return "required"
    default = option.default
    shown = default if isinstance(default, tuple | list) else (default,)
    if option.is_flag or not all(isinstance(one, str | int | float) for one in shown):
        return ""
    return ", ".join(code(one) for one in shown)
