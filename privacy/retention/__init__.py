"""Ninety days, proven: every store of telemetry, how long it may hold what, and what it holds."""
