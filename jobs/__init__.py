"""Periodic work: so far, rolling up the days that are past."""
