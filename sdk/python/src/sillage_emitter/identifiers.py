"""Identifiers of events, batches and traces."""

from __future__ import annotations

import os
import re

_VERSION_7 = 7 << 76
_VARIANT = 2 << 62
_RANDOM_BITS = (0xFFF << 64) | ((1 << 62) - 1)
_TRACE_ID = re.compile("[0-9a-f]{32}")


def uuid7(now_ms: int) -> str:
    """Make a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then random bits.

    The random bits are the system's: those of `random` repeat where an application seeds it.
    """
    random = int.from_bytes(os.urandom(10), "big") & _RANDOM_BITS
    text = f"{(now_ms & 0xFFFF_FFFF_FFFF) << 80 | _VERSION_7 | _VARIANT | random:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def trace_id(given: object) -> str:
    """Write a trace id as 32 lower-case hex digits; empty for what is none.

    OpenTelemetry's Python API has it as an int: `span.get_span_context().trace_id`. All zeros is no trace.
    """
    text = f"{given:032x}" if isinstance(given, int) and not isinstance(given, bool) else given
    if not isinstance(text, str) or not _TRACE_ID.fullmatch(lowered := text.lower()):
        return ""
    return lowered if lowered.strip("0") else ""
