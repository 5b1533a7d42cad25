"""Fuzzing of the collector's parsers with one engine, guided by coverage: docs/reference/fuzzing.md."""
