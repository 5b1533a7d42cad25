"""A process's settings, read from its environment, strictly."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar

from runtime.settings.declaring import PREFIX, SettingError, variable
from runtime.settings.processes import known

ADDRESSES = ("_URL", "_URLS", "_SERVERS", "_ENDPOINT")
"""How the names of settings end that say where something is."""


def _items(text: str, item: Callable[[str], Any]) -> tuple[Any, ...]:
    return tuple(item(part.strip()) for part in text.split(",") if part.strip())


PARSERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    str: (str, "text"),
    int: (int, "a whole number"),
    Path: (Path, "a path"),
    Path | None: (lambda text: Path(text) if text else None, "a path"),
    tuple[str, ...]: (lambda text: _items(text, str), "a list separated by commas"),
    tuple[Path, ...] | None: (lambda text: _items(text, Path), "paths separated by commas"),
}
"""How each type of setting is read, and what is expected of it in words."""

Settings = TypeVar("Settings")


def load(process: type[Settings], environ: Mapping[str, str]) -> Settings:
    """Read one process's settings.

    Raises SettingError for a variable that no process knows, a value that does not parse, a setting without
    default that is absent, or a file of a secret that cannot be read.
    """
    names = known()
    for name in environ:
        if name.startswith(PREFIX) and not name.startswith(PREFIX + "TEST_") and name not in names:
            near = difflib.get_close_matches(name, names, 1)
            raise SettingError(
                f"{name} is no setting of Sillage." + (f" Did you mean {near[0]}?" if near else "")
            )
    values = {}
    for declared in fields(process):  # type: ignore[arg-type]
        name = variable(declared.name)
        if name in environ:
            values[declared.name] = _parse(name, declared, environ[name])
        elif declared.default is MISSING:
            raise SettingError(f"{name} is not set. {declared.metadata['meaning']}")
    for declared in fields(process):  # type: ignore[arg-type]
        secret, file = declared.metadata["fills"], values.get(declared.name)
        if secret and file and not values.get(secret):
            values[secret] = _secret_in(file, variable(declared.name))
    return process(**values)


def _secret_in(file: Path, name: str) -> str:
    """What the file holds, but for the line's end that editors add."""
    try:
        secret = file.read_text().rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingError(f"{name} is {file}, which cannot be read: {reason}.") from None
    if not secret:
        raise SettingError(f"{name} is {file}, which is empty.")
    return secret


def _parse(name: str, declared: "Field[Any]", text: str) -> Any:
    if name.endswith(ADDRESSES) and "@" in text:
        raise SettingError(
            f"{name} has a user or a password in it. Addresses are shown and logged: leave out what stands "
            f"before the @, and give it by the settings for users and passwords."
        )
    parse, expected = PARSERS[declared.type]
    try:
        value = parse(text)
    except ValueError:
        raise SettingError(f"{name} is {text!r}; expected {expected}.") from None
    if isinstance(value, int) and value < declared.metadata["at_least"]:
        raise SettingError(f"{name} is {value}; expected at least {declared.metadata['at_least']}.")
    choices = declared.metadata["one_of"]
    if choices and value not in choices:
        raise SettingError(f"{name} is {text!r}; expected {' or '.join(choices)}.")
    return value
