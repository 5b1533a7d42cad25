"""Kafka in, ClickHouse out: enrichment, the pass-through sinks, dead letters. Never HTTP in.

A record's way, in reading order: `loop` (polls and flushes) → `record` (what it must carry) → a sink such
as `usage` (what is appended to it) → `inserts` (how a batch reaches ClickHouse) → `dead_letters`.
"""
