"""An application's values, brought into the forms that the wire has: text, finite numbers, booleans."""

from __future__ import annotations

import datetime
import decimal
import enum
import math
import numbers
import pathlib
import uuid
from collections.abc import Mapping
from typing import Union

from sillage_emitter.complaints import Complaints
from sillage_emitter.texts import clip

Plain = Union[str, int, float, bool]

MAX_PROPERTIES = 50
MAX_NAME = 200
MAX_VALUE = 1_024
_EXACT = 1 << 53
_AS_TEXT = (datetime.date, datetime.time, datetime.timedelta, uuid.UUID, pathlib.PurePath)


def clean_properties(given: object, complaints: Complaints) -> dict[str, Plain]:
    """Keep the first 50 that have a form on the wire; None is left out, the rest with a complaint."""
    kept: dict[str, Plain] = {}
    if not isinstance(given, Mapping):
        complaints.error("properties", "Properties are left out: %s is no mapping.", type(given).__name__)
        return kept
    for key, value in given.items():
        if value is None:
            continue
        if len(kept) == MAX_PROPERTIES:
            complaints.error("properties_many", "Properties after the first %d are left out.", MAX_PROPERTIES)
            break
        plain = _plain(value)
        if plain is None:
            complaints.error(
                "property",
                "A property is left out: a %s is no text, finite number or boolean.",
                type(value).__name__,
            )
        else:
            kept[clip(key if isinstance(key, str) else str(key), MAX_NAME)] = plain
    return kept


def _plain(value: object) -> Plain | None:
    """The value as the wire has it; None when it has no such form.

    Only values known to be cheap and meant as text are made text: `str` of any object may ask a database.
    """
    if isinstance(value, str):
        return clip(value, MAX_VALUE)
    if isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, (int, float, numbers.Real, decimal.Decimal)):
        return _number(value)
    return clip(str(value), MAX_VALUE) if isinstance(value, _AS_TEXT) else None


def _number(value: numbers.Real | decimal.Decimal | float) -> float | None:
    if isinstance(value, int) and -_EXACT <= value <= _EXACT:
        return int(value)
    try:
        number = float(value)
    except (ArithmeticError, ValueError):
        return None
    return number if math.isfinite(number) else None
