"""Ninety days, proven: every store of telemetry, what it may hold and how long, and what it is found to hold."""
