"""What an application may set, beside where its events go."""

from __future__ import annotations

import ssl
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Times are in seconds."""

    queue: int
    """Most events that wait."""
    flush_events: int
    """So many that wait are sent at once."""
    flush_s: float
    """No event waits longer for company."""
    max_age_s: float
    """Events older than that are given up."""
    timeout_s: float
    """Longest wait for a connection, and for each part of an answer."""
    back_off_s: tuple[float, float]
    """First and longest wait before another attempt."""
    exit_s: float
    """How long the interpreter's exit may wait for delivery."""
    gzip_above: int | None
    """Bodies of more bytes are sent compressed; None: none is."""
    ssl_context: ssl.SSLContext | None
    """For https; None: the system's certificates."""
