"""What an event has that questions may be asked by and filters compare: public names, columns, types."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PROPERTY = "property."
"""Before the name of one of an event's properties, which may be any text: `property.plan`."""


class UnknownField(ValueError):
    """No event has this; the message lists what there is, and what is closest."""


@dataclass(frozen=True)
class Field:
    """A public name, the column of the view `usage` that holds it, and what it is compared with."""

    name: str
    column: str
    type: Literal["text", "boolean"] = "text"


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("action", "name"),
        Field("kind", "kind"),
        Field("page", "page"),
        Field("referrer", "referrer"),
        Field("browser", "browser"),
        Field("browser_version", "browser_version"),
        Field("system", "os"),
        Field("system_version", "os_version"),
        Field("device", "device"),
        Field("country", "country"),
        Field("region", "region"),
        Field("city", "city"),
        Field("language", "language"),
        Field("release", "release"),
        Field("screen", "screen"),
        Field("timezone", "timezone"),
        Field("sdk", "sdk"),
        Field("bot", "is_bot", "boolean"),
        Field("user", "user_id"),
        Field("session", "session_id"),
    )
}
"""What every event has; a text that is not known is empty."""


def property_named(name: str) -> str | None:
    """The property that a field's name stands for, None for one of FIELDS; raises UnknownField."""
    if name.startswith(PROPERTY):
        return name.removeprefix(PROPERTY)
    if name in FIELDS:
        return None
    known = [*FIELDS, f"{PROPERTY}NAME"]
    near = difflib.get_close_matches(name.lower(), known, 1)
    raise UnknownField(
        f"{name!r} is none of: {', '.join(known)}." + (f" Did you mean {near[0]}?" if near else "")
    )
